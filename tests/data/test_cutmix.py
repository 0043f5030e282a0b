"""CutMix of pairs: a straight line divides input and target alike, and the next sample fills one side."""

import torch

from data.cutmix import cutmix
from util import seeding


def generators(count):
    return [seeding.generator(0, i) for i in range(count)]


def batch_of(count):
    """Sample i is i in its input and -i in its target."""
    values = torch.arange(float(count))[:, None, None, None].expand(count, 3, 16, 24)
    return {"A": values.clone(), "B": -values}


def test_all_that_changes_comes_from_the_next_sample_and_alike_in_input_and_target():
    before = batch_of(40)
    after = cutmix(before, generators(40), 1.0)
    assert torch.equal(after["A"], -after["B"])
    own = after["A"] == before["A"]
    assert torch.equal(after["A"], torch.where(own, before["A"], before["A"].roll(-1, 0)))
    shares = own[:, 0].float().mean((1, 2))
    assert 0.4 < shares.mean() < 0.6 and shares.std() > 0.1


def test_the_parts_are_divided_by_a_straight_line():
    own = cutmix(batch_of(40), generators(40), 1.0)["A"][:, 0] == torch.arange(40.0)[:, None, None]
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(24.0), indexing="ij")
    for i, part in enumerate(own):
        if (
            0 < part.float().mean() < 1
        ):  # the centre of each part lies in that part: so it does for half-planes
            for inside in (part, ~part):
                assert inside[int(y[inside].mean().round()), int(x[inside].mean().round())], i
            # along every row and every column there is at most one change
            assert ((part[:, 1:] != part[:, :-1]).sum(1) <= 1).all()
            assert ((part[1:] != part[:-1]).sum(0) <= 1).all()


def test_the_probability_is_the_share_of_samples_that_are_mixed():
    before = batch_of(400)
    assert torch.equal(cutmix(before, generators(400), 0.0)["A"], before["A"])
    changed = (cutmix(before, generators(400), 0.3)["A"] != before["A"]).flatten(1).any(1)
    assert 0.2 < changed.float().mean() < 0.4
