"""Tests of the batch loader."""

import numpy as np
import pytest
import torch
from loaders import epoch_of, loader_of
from PIL import Image

from data.augmentation import augment_edges
from data.base_dataset import find_samples
from data.training_data import split_indices
from util import seeding
from util.errors import UserError


def test_subfolders_of_other_phases_are_left_out(tmp_path):
    for name in ("a.png", "more/b.png", "val/c.png", "test/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 4)).save(tmp_path / name)
    folder, found = find_samples(str(tmp_path), "train")
    assert folder == tmp_path and [p.name for p in found] == ["a.png", "b.png"]
    assert [p.name for p in find_samples(str(tmp_path), "val")[1]] == ["c.png"]


def test_both_halves_of_a_pair_are_cropped_and_mirrored_alike(tmp_path):
    # The red values of A and B depend only on the column, so they must be equal after any crop.
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1))
    a = np.stack([ramp, ramp * 0, ramp * 0], 2)
    b = np.stack([ramp, ramp * 0 + 255, ramp * 0], 2)
    (tmp_path / "train").mkdir()
    for i in range(8):
        Image.fromarray(np.concatenate([a, b], 1)).save(tmp_path / "train" / f"{i}.png")
    (batch,) = epoch_of(loader_of(tmp_path, load_size=64, batch_size=8), 1)
    assert batch["A"].shape == (8, 3, 32, 32) and batch["A"].dtype == torch.float32
    assert batch["A_paths"] == batch["B_paths"] and len(set(batch["A_paths"])) == 8
    assert (batch["A"][:, 1] == -1).all() and (batch["B"][:, 1] == 1).all()
    assert torch.equal(batch["A"][:, 0], batch["B"][:, 0])
    assert {*(batch["A"][:, 0, 0, 1] > batch["A"][:, 0, 0, 0]).tolist()} == {True, False}
    assert len(batch["A"][:, 0, 0, 0].unique()) > 3


@pytest.mark.parametrize(("cache", "threads"), [("none", 0), ("none", 2), ("auto", 2)])
def test_cache_and_resuming_do_not_change_batches(pairs, cache, threads):
    wanted = [epoch_of(loader_of(pairs, edge_aug=True, splice=0.5), e) for e in (1, 2)]
    loader = loader_of(pairs, edge_aug=True, splice=0.5, cache=cache, num_threads=threads)
    for epoch, start in ((2, 0), (1, 1), (1, 0)):
        found = epoch_of(loader, epoch, start)
        for ours, theirs in zip(found, wanted[epoch - 1][start:], strict=True):
            assert ours["A_paths"] == theirs["A_paths"]
            assert torch.equal(ours["A"], theirs["A"]) and torch.equal(ours["B"], theirs["B"])


def test_the_seed_determines_the_validation_images(pairs):
    train, held = split_indices(20, 0.2, 3)
    assert len(held) == 4 and not set(train) & set(held) and split_indices(20, 0.2, 3) == (train, held)
    assert len(loader_of(pairs, val_fraction=0.34)) == 4
    with pytest.raises(UserError, match="no training images"):
        split_indices(2, 0.9, 0)


def test_edge_augmentation_changes_lines_reproducibly():
    x = torch.full((24, 3, 64, 64), -1.0)
    x[:, :, 20:22, 8:56] = 1
    y, again = (augment_edges(x, [seeding.generator(1, i) for i in range(24)]) for _ in range(2))
    assert y.min() >= -1 and y.max() <= 1 and torch.equal(y, again)
    assert 2 < sum(torch.equal(a, b) for a, b in zip(x, y, strict=True)) < 16
    ink = (y > 0).float().sum((1, 2, 3)) / (x > 0).float().sum((1, 2, 3))
    assert ink.min() < 0.95 and ink.max() > 1.3


def test_images_in_a_test_batch_have_the_same_size(tmp_path):
    (tmp_path / "test").mkdir()
    for i, size in enumerate([(40, 20), (40, 20), (20, 40), (40, 20)]):
        Image.new("RGB", size).save(tmp_path / "test" / f"{i}.png")
    opt = {"phase": "test", "isTrain": False, "dataset_mode": "single", "batch_size": 3, "input_kind": "none",
           "load_size": 40, "num_threads": 2}  # fmt: skip
    shapes = [tuple(b["A"].shape) for b in loader_of(tmp_path, **opt)]
    assert shapes == [(2, 3, 20, 40), (1, 3, 40, 20), (1, 3, 20, 40)]
