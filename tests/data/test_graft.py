import numpy as np
import pytest
import torch

from data.graft import animal_mask, graft
from util import seeding


def animal(box, grey, ground=250, side=64):
    """A photo A of a grey box on bright ground, with a soft shadow below, and its outline B."""
    top, bottom, left, right = box
    photo = torch.full((3, side, side), ground, dtype=torch.uint8)
    photo[:, bottom : bottom + 4, left:right] = torch.tensor([246, 243, 246, 249], dtype=torch.uint8)[:, None]
    photo[:, top:bottom, left:right] = grey
    edge_map = torch.zeros(3, side, side, dtype=torch.uint8)
    edge_map[:, top:bottom, left:right] = 255
    edge_map[:, top + 1 : bottom - 1, left + 1 : right - 1] = 0
    return {"A": photo, "B": edge_map}


def grafts(first, second, seeds=range(40)):
    return [graft(first, second, "B", seeding.generator(seed)) for seed in seeds]


def test_a_part_of_the_other_animal_grows_out_of_the_first():
    first, second = animal((20, 40, 10, 50), 100), animal((30, 50, 5, 45), 30)
    whole = int((second["A"][0] == 30).sum())
    behind = 0
    for joined in grafts(first, second):
        part = joined["A"][0] == 30
        assert 0 < part.sum() < 0.8 * whole
        # All else is as it was, and no ground or shadow came along.
        assert torch.equal(joined["A"][:, ~part], first["A"][:, ~part])
        body = first["A"][0] == 100
        behind += not (part & body).any()
        touched = torch.nn.functional.max_pool2d(part[None].float(), 5, 1, 2)[0] > 0
        assert (touched & body).any()
    assert 5 < behind < 35


def test_the_edge_map_follows():
    first, second = animal((20, 40, 10, 50), 100), animal((30, 50, 5, 45), 30)
    for joined in grafts(first, second):
        part = joined["A"][0] == 30
        inside = -torch.nn.functional.max_pool2d(-part[None].float(), 3, 1, 1)[0] > 0
        # The box's own outline is inside it; what the part hides of the first's is gone.
        where = joined["B"][0] != first["B"][0]
        near = torch.nn.functional.max_pool2d(part[None].float(), 3, 1, 1)[0] > 0
        assert not (where & ~near).any()
        assert (joined["B"][0][inside] > 0).sum() < 0.4 * max(int(inside.sum()), 1)


def test_an_animal_is_what_is_not_even_ground():
    mask = animal_mask(animal((20, 40, 10, 50), 100)["A"])
    assert mask is not None
    expected = np.zeros((64, 64), bool)
    expected[20:40, 10:50] = True
    assert (mask == expected).all()
    # A gradient is even ground, too.
    sky = torch.linspace(120, 250, 64).to(torch.uint8)[None, :, None].expand(3, 64, 64).clone()
    sky[:, 20:40, 10:50] = 0
    assert (animal_mask(sky) == expected).all()


@pytest.mark.parametrize("photo", ["noise", "empty"])
def test_without_even_ground_or_an_animal_there_is_no_graft(photo):
    found = animal((20, 40, 10, 50), 100)
    other = animal((20, 40, 10, 50), 30)
    if photo == "noise":
        other["A"] = torch.randint(0, 256, (3, 64, 64), generator=torch.Generator().manual_seed(0)).to(
            torch.uint8
        )
    else:
        other["A"].fill_(250)
    assert grafts(found, other) == [None] * 40 and grafts(other, found) == [None] * 40


def test_nothing_is_changed_in_place():
    first, second = animal((20, 40, 10, 50), 100), animal((30, 50, 5, 45), 30)
    before = {k: x.clone() for k, x in first.items()}
    grafts(first, second)
    assert all(torch.equal(first[k], before[k]) for k in first)


@pytest.mark.parametrize("side", [1, 2, 3])
def test_the_smallest_images_have_no_animal_or_a_graft(side):
    for grey in (0, 250):
        pair = {"A": torch.full((3, side, side), grey, dtype=torch.uint8)}
        pair["B"] = torch.zeros_like(pair["A"])
        assert grafts(pair, pair) == [None] * 40
