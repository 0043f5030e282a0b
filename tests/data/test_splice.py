import numpy as np
import pytest
import torch
from loaders import epoch_of, loader_of
from PIL import Image

from data.splice import splice
from util import seeding


def body(top, bottom, value, side=64):
    """An edge map B with lines above and below a bar, and a photo A, whose pixels all differ."""
    edge_map = torch.zeros(3, side, side, dtype=torch.uint8)
    edge_map[:, top], edge_map[:, bottom] = 255, 255
    ramp = torch.arange(side * side, dtype=torch.int64).reshape(side, side)
    photo = torch.stack([ramp % 256, ramp // 256, torch.full_like(ramp, value)]).to(torch.uint8)
    return {"A": photo, "B": edge_map}


@pytest.mark.parametrize("seed", range(12))
def test_both_images_are_cut_along_one_line_and_the_bodies_meet(seed):
    first, second = body(20, 40, 1), body(9, 29, 2)
    joined = splice(first, second, "B", seeding.generator(seed))
    of_second = joined["A"][2] == 2
    assert 0.2 < of_second.float().mean() < 0.8
    # Each row changes sides once at most: the seam is a line.
    assert (of_second[:, 1:] != of_second[:, :-1]).sum(1).max() == 1
    # The first stays where it was; the second moved down by 11 rows, so that both bars are one.
    assert torch.equal(joined["A"][:, ~of_second], first["A"][:, ~of_second])
    assert torch.equal(joined["B"], first["B"])
    rows = (joined["A"][1].to(int) * 256 + joined["A"][0]) // 64
    expected = (torch.arange(64) - 11).clamp(min=0)[:, None].expand(64, 64)
    assert torch.equal(rows[of_second], expected[of_second])


def test_without_a_line_at_the_seam_the_pair_stays_whole():
    first, blank = body(20, 40, 1), body(20, 40, 2)
    blank["B"].zero_()
    assert splice(first, blank, "B", seeding.generator(1)) is first
    assert splice(blank, first, "B", seeding.generator(1)) is blank


def test_seams_leave_the_centre_and_both_sides_are_kept():
    kept = []
    for seed in range(40):
        joined = splice(body(20, 40, 1), body(20, 40, 2), "B", seeding.generator(seed))
        row = (joined["A"][2, 30] == 1).numpy()
        kept.append((bool(row[0]), int(np.flatnonzero(row[1:] != row[:-1])[0])))
    left = [first for first, _ in kept]
    columns = [column for _, column in kept]
    assert 10 < sum(left) < 30 and min(columns) < 28 and max(columns) > 36
    assert min(columns) >= 15 and max(columns) <= 48


@pytest.fixture
def bars(tmp_path):
    """Ten pairs: two lines on black, and a photo of one grey."""
    (tmp_path / "train").mkdir()
    for k in range(10):
        image = np.zeros((36, 72, 3), np.uint8)
        image[8 + k, 36:], image[27 - k, 36:], image[:, :36] = 255, 255, 20 * k
        Image.fromarray(image).save(tmp_path / "train" / f"{k}.png")
    return tmp_path


def spliced_in(loader, epoch):
    """The samples of an epoch that hold more than one grey."""
    found = {}
    for batch in epoch_of(loader, epoch):
        found.update(zip(batch["A_paths"], (len(a.unique()) > 1 for a in batch["A"]), strict=True))
    return tuple(found[path] for path in sorted(found))


def test_about_the_share_asked_for_is_spliced_and_other_pairs_in_each_epoch(bars):
    assert not any(spliced_in(loader_of(bars), 1))
    loader = loader_of(bars, splice=0.5)
    spliced = [spliced_in(loader, epoch) for epoch in range(1, 21)]
    # One in ten partners is the pair itself.
    assert 0.3 < np.mean(spliced) < 0.6 and len(set(spliced)) > 10


@pytest.mark.parametrize("other", [{"cache": "none"}, {"cache": "none", "num_threads": 2}, {"batch_size": 5}])
def test_every_source_splices_alike(bars, other):
    def images(**options):
        batches = epoch_of(loader_of(bars, splice=0.7, edge_aug=True, **options), 3)
        return {p: (a, b) for x in batches for p, a, b in zip(x["A_paths"], x["A"], x["B"], strict=True)}

    wanted, found = images(), images(**other)
    assert wanted.keys() == found.keys()
    for path, (a, b) in wanted.items():
        assert torch.equal(a, found[path][0]) and torch.equal(b, found[path][1])


def test_grey_images_are_spliced_too(bars):
    loader = loader_of(bars, splice=0.9, input_nc=1, output_nc=1)
    assert next(iter(loader))["A"].shape == (2, 1, 32, 32)
    assert any(spliced_in(loader, 1))
