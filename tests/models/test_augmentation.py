import pytest
import torch

from models.augmentation import diff_augment, parse_policy
from util.errors import UserError


def test_diffaugment_changes_all_images_alike_and_lets_gradients_through():
    torch.manual_seed(0)
    x = torch.rand(2, 3, 32, 32, requires_grad=True)
    a, b = diff_augment([x, x.detach()], parse_policy("color,translation,cutout"))
    assert torch.equal(a, b)
    assert not torch.equal(a, x)
    assert not torch.equal(a[0] - x[0], a[1] - x[1])  # each sample has a draw of its own
    a.sum().backward()
    assert x.grad.abs().sum() > 0
    assert diff_augment([x], ())[0] is x
    with pytest.raises(UserError, match="color, translation, cutout"):
        parse_policy("colour")


def test_translation_moves_and_cutout_blanks():
    torch.manual_seed(3)
    dot = torch.zeros(64, 1, 32, 32)
    dot[:, :, 16, 16] = 1
    moved = diff_augment([dot], ("translation",))[0]
    places = moved.flatten(2).argmax(2).flatten()
    assert (moved.sum((1, 2, 3)) == 1).all()
    assert len(places.unique()) > 20
    assert ((places // 32 - 16).abs() <= 4).all() and ((places % 32 - 16).abs() <= 4).all()
    share = diff_augment([torch.ones(64, 1, 32, 32)], ("cutout",))[0].mean((1, 2, 3))
    assert 0.7 < share.min() < 0.75 and share.max() < 0.95
