"""The alternatives that the benchmarks compare: the textbook implementation and the commands."""

from __future__ import annotations

import importlib.util
import shutil
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import torch
from PIL import Image

from data import create_dataset
from data.edges import auto_canny
from data.preprocess.folder import preprocess_folder
from data.preprocess.pair import EdgeSettings, pair
from models import create_model
from models.networks import define_G
from models.precision import has_bf16
from options.test_options import TestOptions
from options.train_options import TrainOptions
from scripts.benchmarks import textbook
from scripts.benchmarks.measuring import Step, race, table
from util import checkpoint
from util.memory import keep_freed_memory

ROOT = Path(__file__).resolve().parents[2]
Ways: TypeAlias = dict[str, Callable[[], Step]]  # each callable runs in a process and returns the step
# A GPU works asynchronously, so time several updates and then wait once.
_UPDATES_IN_A_TURN = {"cpu": 1, "cuda": 20}


def photo(seed: int, height: int, width: int) -> np.ndarray:
    """Generate an image with soft colors, sharp shapes and noise: (height, width, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(40, 216, (6, 8, 3), np.uint8), (width, height))
    for _ in range(24):
        corners = rng.integers(0, (width, height), (int(rng.integers(3, 7)), 2)).astype(np.int32)
        cv2.fillPoly(image, [cv2.convexHull(corners)], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
    noise = rng.standard_normal((height, width, 1), np.float32) * 7
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def write_pairs(folder: Path, count: int, size_px: int, *, edges_alone: bool = False) -> None:
    """Write pairs (photo and edge map) as PNG files, or only the edge maps."""
    folder.mkdir(parents=True)
    for i in range(count):
        image = photo(i, size_px, size_px)
        edges = auto_canny(np.ascontiguousarray(image[..., ::-1]))[..., None].repeat(3, 2)
        Image.fromarray(edges if edges_alone else pair(image, edges)).save(folder / f"{i:04d}.png")


def write_camera_photos(folder: Path, count: int, megapixels: float) -> None:
    """Write camera-like JPEG files (3:2, quality 92). The first four differ; the rest are copies."""
    folder.mkdir(parents=True)
    height = max(16, round((megapixels * 1e6 / 1.5) ** 0.5))
    for i in range(count):
        path = folder / f"{i:04d}.jpg"
        if i < 4:
            Image.fromarray(photo(i, height, round(1.5 * height))).save(path, quality=92)
        else:
            shutil.copyfile(folder / f"{i % 4:04d}.jpg", path)


def train(args: Namespace, scratch: Path) -> Iterator[str]:
    """Measure updates in the textbook loop and in train.py at several precisions."""
    write_pairs(scratch / "train", args.images, args.size)
    precisions = ["fp32", *(["bf16"] if has_bf16(torch.device(args.device)) else [])]
    lines = [f"--amp {amp}" for amp in precisions] + [f"--amp {precisions[-1]} --lambda_proj 1"]
    note = f"The textbook decodes in {args.workers} workers, which may keep running during the other turns."
    repeats = _UPDATES_IN_A_TURN[args.device]
    for size in args.batch_sizes:
        ways: Ways = {"textbook": partial(_textbook_update, args, scratch, size)}
        for line in lines:
            flags = [*line.split(), "--batch_size", str(size)]
            ways[f"train.py {line}"] = partial(_our_update, args, scratch, flags)
        title = f"Training: {args.netG}, ngf {args.ngf}, {args.size} px, batch {size}"
        yield table(title, race(ways, **_long(args), warm_up=2, repeats=repeats), size * repeats, note)


def test(args: Namespace, scratch: Path) -> Iterator[str]:
    """Measure how long the textbook and test.py take for a folder of drawings."""
    write_pairs(scratch / "drawings" / "test", args.images, args.size, edges_alone=True)
    _save_untrained(scratch, args)
    ways: Ways = {"textbook": partial(_textbook_gallery, args, scratch)}
    for line in (f"--batch_size {n} --amp {amp}" for n in args.batch_sizes for amp in ("fp32", "auto")):
        ways[f"test.py {line}"] = partial(_our_gallery, args, scratch, line.split())
    title = f"Testing: {args.images} drawings, {args.netG}, ngf {args.ngf}, {args.size} px"
    note = "Time from reading the first file to writing the last one, with models loaded and warmed up."
    yield table(title, race(ways, **_long(args)), args.images, note)


def preprocess(args: Namespace, scratch: Path) -> Iterator[str]:
    """Measure how long the textbook and preprocess.py take to make pairs from camera photos."""
    photos = scratch / "photos"
    write_camera_photos(photos, args.images, args.megapixels)
    what = f"Preprocessing: {args.images} JPEGs of {args.megapixels:g} megapixels to {args.size} px"
    note = "The textbook reads, resizes and pads each photo, finds its edges and writes the pair."
    for resize in ("seed", "area"):
        theirs = partial(textbook.preprocess_folder, photos, scratch / f"textbook_{resize}")
        ours = partial(preprocess_folder, photos, scratch / resize, overwrite=True, workers=args.workers)
        settings = EdgeSettings(resize=resize)
        ways: Ways = {
            "textbook": partial(partial, theirs, size_px=args.size, resize=resize),
            f"preprocess.py --workers {args.workers}": partial(
                partial, ours, size_px=args.size, settings=settings
            ),
        }
        yield table(f"{what}, --resize {resize}", race(ways, **_long(args)), args.images, note)


def train_options(
    dataroot: Path, args: Namespace, *flags: str, options: TrainOptions | None = None
) -> Namespace:
    """Translate the benchmark's options into those of train.py."""
    return (options or TrainOptions()).parse(
        ["--dataroot", str(dataroot), "--name", "untrained", "--direction", "BtoA", "--checkpoints_dir",
         str(dataroot), "--netG", args.netG, "--ngf", str(args.ngf), "--ndf", str(args.ngf), "--load_size",
         str(args.size * 286 // 256), "--crop_size", str(args.size), *_where(args), *flags]
    )  # fmt: skip


def _long(args: Namespace) -> dict[str, Any]:
    """Return the arguments for `race` that set how long to measure."""
    return {"rounds": args.updates, "budget_s": args.budget_s}


def _where(args: Namespace) -> list[str]:
    """Return the options that set the device and the number of workers."""
    return ["--num_threads", str(args.workers), "--gpu_ids", "0" if args.device == "cuda" else "-1"]


def make_model(opt: Namespace) -> Any:
    """Create and set up a model as the commands do."""
    if opt.device == "cpu":
        keep_freed_memory()
    model = create_model(opt)
    model.setup(opt)
    return model


def _textbook_update(args: Namespace, dataroot: Path, batch_size: int) -> Step:
    """Return a step that does one update of the textbook loop."""
    learner = textbook.Learner(args.netG, width=args.ngf, device=torch.device(args.device))
    paths = sorted((dataroot / "train").iterdir())
    pairs = textbook.PairDataset(paths, args.size * 286 // 256, args.size)
    batches = textbook.endless_batches(pairs, batch_size=batch_size, workers=args.workers)
    return partial(learner.step, batches)


def _our_update(args: Namespace, dataroot: Path, flags: list[str]) -> Step:
    """Return a step that does one update of train.py without printing or saving."""
    opt = train_options(dataroot, args, *flags)
    model, loader = make_model(opt), create_dataset(opt)

    def endless() -> Iterator[dict[str, Any]]:
        for epoch in count(1):
            loader.set_epoch(epoch)
            yield from loader

    batches = endless()

    def step() -> None:
        model.set_input(next(batches))
        model.optimize_parameters()
        if model.device.type == "cpu":
            model.first_bad_update()

    return step


def _save_untrained(root: Path, args: Namespace) -> None:
    """Save a run with random weights for test.py."""
    options = TrainOptions()
    write_pairs(root / "train", 1, args.size)
    opt = train_options(root, args, options=options)
    opt.run_dir.mkdir()
    make_model(opt).save_networks("latest")
    checkpoint.save_options(opt.run_dir, opt, options.defaults)


def _textbook_gallery(args: Namespace, scratch: Path) -> Step:
    """Return a step in which the textbook generates images from a folder of drawings."""
    device, folder = torch.device(args.device), scratch / "textbook"
    folder.mkdir()
    net = define_G(3, 3, args.ngf, args.netG, "batch", True)
    checkpoint.load_network(net, scratch / "untrained" / "latest_net_G.pth")
    paths = sorted((scratch / "drawings" / "test").iterdir())
    return partial(textbook.generate_folder, net.to(device), paths, folder, size_px=args.size, device=device)


def _our_gallery(args: Namespace, scratch: Path, flags: list[str]) -> Step:
    """Return a step in which test.py generates images from a folder of drawings."""
    line = ["--dataroot", str(scratch / "drawings"), "--name", "untrained", "--checkpoints_dir", str(scratch)]
    opt = TestOptions().parse([*line, "--model", "test", *_where(args), *flags])
    output = scratch / "_".join(flags)
    (output / "images").mkdir(parents=True)
    # `import test` would import the standard library's module of that name.
    spec = importlib.util.spec_from_file_location("test_command", ROOT / "test.py")
    assert spec is not None and spec.loader is not None
    command: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    return partial(command.generate_gallery, make_model(opt), create_dataset(opt), output, opt)
