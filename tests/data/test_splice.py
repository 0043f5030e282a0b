import numpy as np
import pytest
import torch
from loaders import epoch_of, loader_of
from PIL import Image

from data.splice import splice
from util import seeding


def body(rows, columns, value, side=64):
    """Return an edge map B of a box, and a photo A with three channels: row, column and ``value``."""
    edge_map = torch.zeros(3, side, side, dtype=torch.uint8)
    edge_map[:, rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = 255
    edge_map[:, rows[0] + 1 : rows[1], columns[0] + 1 : columns[1]] = 0
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return {"A": torch.stack([row, column, torch.full_like(row, value)]).to(torch.uint8), "B": edge_map}


def test_two_bodies_meet_at_a_straight_seam(monkeypatch):
    monkeypatch.setattr("data.splice._ACROSS", 0)  # only vertical seams
    first, second = body((20, 40), (8, 55), 1), body((9, 29), (4, 51), 2)
    for seed in range(40):
        joined = splice(first, second, "B", seeding.generator(seed))
        of_second = joined["A"][2] == 2
        for letter in "AB":
            assert torch.equal(joined[letter][:, ~of_second], first[letter][:, ~of_second])
        assert of_second.to(int).diff(dim=1).ne(0).sum(1).max() == 1
        # The second image was moved down by 11 rows. Its first row fills the gap above.
        moved = torch.nonzero(of_second) - joined["A"][:2].to(int)[:, of_second].T
        assert moved[:, 0].max() == 11 and (moved[:, 0] == 11).float().mean() > 0.6
        rows, columns = torch.nonzero(joined["B"][0]).T
        assert rows.min() == 20 and rows.max() == 40 and len(set(columns.tolist())) > 10


@pytest.fixture
def bars(tmp_path):
    """Write ten pairs, each with two lines on black and a uniform gray photo."""
    (tmp_path / "train").mkdir()
    for k in range(10):
        image = np.zeros((36, 72, 3), np.uint8)
        image[8 + k, 36:], image[27 - k, 36:], image[:, :36] = 255, 255, 20 * k
        Image.fromarray(image).save(tmp_path / "train" / f"{k}.png")
    return tmp_path


def spliced_in(loader, epoch):
    """Return, for each sample of an epoch, whether it has more than one gray level."""
    found = {}
    for batch in epoch_of(loader, epoch):
        found.update(zip(batch["A_paths"], (len(a.unique()) > 1 for a in batch["A"]), strict=True))
    return tuple(found[path] for path in sorted(found))


def test_each_epoch_splices_a_new_random_part_of_the_samples(bars):
    assert not any(spliced_in(loader_of(bars), 1))
    loader = loader_of(bars, splice=0.5)
    spliced = [spliced_in(loader, epoch) for epoch in range(1, 21)]
    # One in ten samples is its own partner, and such splices have one gray level.
    assert 0.3 < np.mean(spliced) < 0.6 and len(set(spliced)) > 10
