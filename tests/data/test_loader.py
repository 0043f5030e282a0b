import threading
import time
from argparse import Namespace

import numpy as np
import pytest
import torch
from loaders import DEFAULTS, epoch_of, loader_of
from PIL import Image

from data.augmentation import augment_edges
from data.base_dataset import find_samples
from data.decoding import choose_cache
from data.loader import BatchLoader
from data.training_data import TrainingData, split_indices
from util import seeding
from util.errors import UserError
from util.memory import Budget


def test_other_phases_below_the_folder_itself_are_left_out(tmp_path):
    for name in ("a.png", "more/b.png", "val/c.png", "test/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 4)).save(tmp_path / name)
    folder, found = find_samples(str(tmp_path), "train")
    assert folder == tmp_path and [p.name for p in found] == ["a.png", "b.png"]
    assert [p.name for p in find_samples(str(tmp_path), "val")[1]] == ["c.png"]


def test_batches_are_what_the_contract_says(pairs):
    loader = loader_of(pairs)
    assert len(loader) == 6
    batches = epoch_of(loader, 1)
    assert [b["A"].shape for b in batches] == [(2, 3, 32, 32)] * 3
    for batch in batches:
        assert batch["A"].dtype == torch.float32
        assert batch["A"].min() >= -1 and batch["A"].max() <= 1
        assert batch["A_paths"] == batch["B_paths"]
    assert len({p for b in batches for p in b["A_paths"]}) == 6


def test_a_and_b_are_the_halves_cropped_and_mirrored_alike(tmp_path):
    # A's red and B's red are both the column's number: whatever crop, they must stay equal.
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1))
    a = np.stack([ramp, ramp * 0, ramp * 0], 2)
    b = np.stack([ramp, ramp * 0 + 255, ramp * 0], 2)
    (tmp_path / "train").mkdir()
    for i in range(8):
        Image.fromarray(np.concatenate([a, b], 1)).save(tmp_path / "train" / f"{i}.png")
    seen = set()
    for batch in epoch_of(loader_of(tmp_path, load_size=64, batch_size=8), 1):
        assert (batch["A"][:, 1] == -1).all() and (batch["B"][:, 1] == 1).all()
        assert torch.equal(batch["A"][:, 0], batch["B"][:, 0])
        rising = (batch["A"][:, 0, 0, 1] > batch["A"][:, 0, 0, 0]).tolist()
        seen |= set(rising)
        starts = batch["A"][:, 0, 0, 0].unique()
    assert seen == {True, False}
    assert len(starts) > 3


@pytest.mark.parametrize("other", [
    {"cache": "none"}, {"cache": "none", "num_threads": 2}, {"cache": "auto", "num_threads": 2},
    {"cache": "device"},
])  # fmt: skip
def test_every_source_serves_the_same_tensors(pairs, other):
    wanted = [epoch_of(loader_of(pairs, edge_aug=True, splice=0.5), e) for e in (1, 2)]
    loader = loader_of(pairs, edge_aug=True, splice=0.5, **other)
    for epoch in (2, 1):
        for ours, theirs in zip(epoch_of(loader, epoch), wanted[epoch - 1], strict=True):
            assert ours["A_paths"] == theirs["A_paths"]
            assert torch.equal(ours["A"], theirs["A"]) and torch.equal(ours["B"], theirs["B"])


def test_an_interrupted_epoch_goes_on_where_it_was(pairs):
    loader = loader_of(pairs)
    whole = epoch_of(loader, 4)
    rest = epoch_of(loader, 4, start=1)
    assert len(rest) == 2
    assert all(torch.equal(a["B"], b["B"]) for a, b in zip(rest, whole[1:], strict=True))
    assert len(epoch_of(loader, 5)) == 3  # a start counts for one epoch only


def test_workers_do_not_touch_the_random_numbers_of_training(pairs):
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    epoch_of(loader_of(pairs, cache="none", num_threads=2), 1)
    assert torch.equal(torch.rand(1), wanted)


def test_processes_share_the_images_without_overlap(pairs):
    alone = loader_of(pairs, batch_size=4).batches(7)
    ranks = [loader_of(pairs, batch_size=2, rank=r, world_size=2).batches(7) for r in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*ranks, strict=True)] == [sorted(b) for b in alone]
    three = [loader_of(pairs, batch_size=1, rank=r, world_size=4).batches(1) for r in range(4)]
    assert {len(b) for b in three} == {1}  # six images for four processes: two are left out


def test_validation_images_are_held_out_for_good(pairs):
    train, held = split_indices(20, 0.2, 3)
    assert len(held) == 4 and not set(train) & set(held) and split_indices(20, 0.2, 3) == (train, held)
    assert len(loader_of(pairs, val_fraction=0.34)) == 4
    with pytest.raises(UserError, match="none to train on"):
        split_indices(2, 0.9, 0)


def test_drawn_lines_vary_but_stay_drawings():
    x = torch.full((24, 3, 64, 64), -1.0)
    x[:, :, 20:22, 8:56] = 1
    rngs = [seeding.generator(1, i) for i in range(24)]
    y = augment_edges(x, rngs)
    assert y.min() >= -1 and y.max() <= 1
    same = [torch.equal(a, b) for a, b in zip(x, y, strict=True)]
    assert 2 < sum(same) < 16
    assert torch.equal(y, augment_edges(x, [seeding.generator(1, i) for i in range(24)]))
    ink = (y > 0).float().sum((1, 2, 3)) / (x > 0).float().sum((1, 2, 3))
    assert ink.min() < 0.95 and ink.max() > 1.3


def test_a_broken_image_is_named_at_the_start(pairs):
    (pairs / "train" / "broken.png").write_bytes(b"\x89PNG nothing")
    for cache in ("ram", "none"):
        with pytest.raises(UserError, match="broken.png"):
            loader_of(pairs, cache=cache)


def test_testing_splits_batches_where_sizes_change(tmp_path):
    (tmp_path / "test").mkdir()
    for i, size in enumerate([(40, 20), (40, 20), (20, 40), (40, 20)]):
        Image.new("RGB", size).save(tmp_path / "test" / f"{i}.png")
    opt = {"phase": "test", "isTrain": False, "dataset_mode": "single", "batch_size": 3, "input_kind": "none",
           "load_size": 40, "num_threads": 2}  # fmt: skip
    shapes = [tuple(b["A"].shape) for b in loader_of(tmp_path, **opt)]
    assert shapes == [(2, 3, 20, 40), (1, 3, 40, 20), (1, 3, 20, 40)]


GPU = torch.device("cuda", 0)


@pytest.mark.parametrize(("asked", "needed", "chosen"), [
    ("device", 800, "device"), ("device", 950, "ram"), ("device", 10**18, "none"),
    ("auto", 500, "device"), ("auto", 700, "ram"), ("auto", 10**18, "none"),
])  # fmt: skip
def test_a_gpu_without_room_for_the_cache_is_not_asked_to_hold_it(monkeypatch, capsys, asked, needed, chosen):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 2000))
    assert choose_cache(asked, GPU, lambda: needed, 1) == chosen
    said = capsys.readouterr().out
    fell_back = asked == "device" != chosen
    assert len(said.splitlines()) == fell_back
    assert not fell_back or f"using --cache {chosen}" in said


class LargeImages:
    """A dataset of images of a thousand rows that counts how many are decoded at once, and how many wait."""

    def __init__(self, folder, count):
        self.folder, self.paths = folder, [folder / f"{i}.png" for i in range(count)]
        for path in self.paths:
            Image.new("L", (1000, 1000)).save(path)
        self.at_once, self.most, self.decoded, self.lock = 0, 0, 0, threading.Lock()

    def __len__(self):
        return len(self.paths)

    def load(self, index):
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.02)
        with self.lock:
            self.at_once -= 1
            self.decoded += 1
        return {"A": np.zeros((1000, 1000, 1), np.uint8)}


@pytest.mark.parametrize(("most_px", "most"), [(10**6, 1), (2 * 10**6, 2), (10**7, 4)])
def test_threads_decode_no_more_pixels_at_a_time_than_fit_in_memory(tmp_path, monkeypatch, most_px, most):
    monkeypatch.setattr("data.decoding._DECODED_PX", Budget(most_px))
    dataset = LargeImages(tmp_path, 12)
    for batch in BatchLoader(dataset, batch_size=4, num_threads=4):
        assert batch["A"].shape == (4, 1, 1000, 1000)
    assert dataset.most == most


def test_large_images_are_not_decoded_far_ahead(tmp_path, monkeypatch):
    monkeypatch.setattr("data.decoding._BYTES_AHEAD", 10**6)
    dataset = LargeImages(tmp_path, 6)
    for served, _ in enumerate(BatchLoader(dataset, num_threads=4), 1):
        time.sleep(0.05)
        assert dataset.decoded <= served + 1


def test_large_images_are_tested_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr("data.loader._GENERATED_PX", 2 * 10**6)
    loader = BatchLoader(LargeImages(tmp_path, 5), batch_size=5, split_sizes=True)
    assert [len(batch["A"]) for batch in loader] == [2, 2, 1]


@pytest.mark.parametrize("fraction", [0.0, 0.5])
def test_crops_of_large_images_are_shown_and_validated_always_the_same(pairs, fraction):
    how = {"preprocess": "crop", "val_fraction": fraction, "n_fixed": 2, "dataroot": str(pairs)}
    data = TrainingData(Namespace(**{**DEFAULTS, **how}))
    for loader in filter(None, (data.fixed(), data.reference(), data.held_out)):
        first, again = ([batch["A"] for batch in loader] for _ in range(2))
        assert {x.shape[1:] for x in first} == {(3, 32, 32)} and len(first) >= 1
        assert all(torch.equal(x, y) for x, y in zip(first, again, strict=True))
