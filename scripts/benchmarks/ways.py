"""The compared alternatives: the textbook and the commands, for training, testing and preprocessing."""

from __future__ import annotations

import importlib.util
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import torch

from data import create_dataset
from data.preprocess.folder import preprocess_folder
from data.preprocess.pair import EdgeSettings
from models import create_model
from models.networks import define_G
from models.precision import has_bf16
from options.test_options import TestOptions
from options.train_options import TrainOptions
from scripts.benchmarks import sample_images, textbook
from scripts.benchmarks.measuring import Step, race, table
from util import checkpoint
from util.memory import keep_freed_memory

ROOT = Path(__file__).resolve().parents[2]
Ways: TypeAlias = dict[str, Callable[[], Step]]  # name -> callable that makes the step, in its own process
# A GPU runs asynchronously, so time several updates and wait for it once.
_UPDATES_IN_A_TURN = {"cpu": 1, "cuda": 20}


def train(args: Namespace, scratch: Path) -> Iterator[str]:
    """Measure updates: the textbook's loop, and train.py at several precisions."""
    sample_images.write_pairs(scratch / "train", args.images, args.size)
    precisions = ["fp32", *(["bf16"] if has_bf16(torch.device(args.device)) else [])]
    lines = [f"--amp {amp}" for amp in precisions] + [f"--amp {precisions[-1]} --lambda_proj 1"]
    note = f"The textbook decodes in {args.workers} workers, which may continue during the turns of others."
    repeats = _UPDATES_IN_A_TURN[args.device]
    for size in args.batch_sizes:
        ways: Ways = {"textbook": partial(_textbook_update, args, scratch, size)}
        for line in lines:
            flags = [*line.split(), "--batch_size", str(size)]
            ways[f"train.py {line}"] = partial(_our_update, args, scratch, flags)
        title = f"Training: {args.netG}, ngf {args.ngf}, {args.size} px, batch {size}"
        yield table(title, race(ways, **_long(args), warm_up=2, repeats=repeats), size * repeats, note)


def test(args: Namespace, scratch: Path) -> Iterator[str]:
    """Measure galleries of drawings: the textbook one by one, and test.py."""
    sample_images.write_pairs(scratch / "drawings" / "test", args.images, args.size, edges_alone=True)
    _save_untrained(scratch, args)
    ways: Ways = {"textbook": partial(_textbook_gallery, args, scratch)}
    for line in (f"--batch_size {n} --amp {amp}" for n in args.batch_sizes for amp in ("fp32", "auto")):
        ways[f"test.py {line}"] = partial(_our_gallery, args, scratch, line.split())
    title = f"Testing: {args.images} drawings, {args.netG}, ngf {args.ngf}, {args.size} px"
    note = "From the first file to the last one on disk, models loaded and warm."
    yield table(title, race(ways, **_long(args)), args.images, note)


def preprocess(args: Namespace, scratch: Path) -> Iterator[str]:
    """Measure making pairs from camera photos: one at a time at full size, and with preprocess.py."""
    photos = scratch / "photos"
    sample_images.write_camera_photos(photos, args.images, args.megapixels)
    what = f"Preprocessing: {args.images} JPEGs of {args.megapixels:g} megapixels to {args.size} px"
    note = "The textbook reads, resizes, pads, finds edges and writes, one photo after the other."
    for resize in ("seed", "area"):
        whole, ours = scratch / f"whole_{resize}", scratch / resize
        settings = EdgeSettings(resize=resize)
        how: dict[str, Any] = {"size_px": args.size, "settings": settings, "overwrite": True}
        ways: Ways = {
            "textbook": partial(
                partial, textbook.preprocess_folder, photos, whole, size_px=args.size, resize=resize
            ),
            f"preprocess.py --workers {args.workers}": partial(
                partial, preprocess_folder, photos, ours, workers=args.workers, **how
            ),
        }
        yield table(f"{what}, --resize {resize}", race(ways, **_long(args)), args.images, note)


def train_options(
    dataroot: Path, args: Namespace, *flags: str, options: TrainOptions | None = None
) -> Namespace:
    """Parse a train.py command line made from the benchmark's options."""
    return (options or TrainOptions()).parse(
        ["--dataroot", str(dataroot), "--name", "untrained", "--direction", "BtoA", "--checkpoints_dir",
         str(dataroot), "--netG", args.netG, "--ngf", str(args.ngf), "--ndf", str(args.ngf), "--load_size",
         str(args.size * 286 // 256), "--crop_size", str(args.size), *_where(args), *flags]
    )  # fmt: skip


def _long(args: Namespace) -> dict[str, Any]:
    """Return the arguments that set how long to measure."""
    return {"rounds": args.updates, "budget_s": args.budget_s}


def _where(args: Namespace) -> list[str]:
    """Return the flags of the device and of its workers."""
    return ["--num_threads", str(args.workers), "--gpu_ids", "0" if args.device == "cuda" else "-1"]


def make_model(opt: Namespace) -> Any:
    """Create and set up the model of the options, as the commands do."""
    if opt.device == "cpu":
        keep_freed_memory()
    model = create_model(opt)
    model.setup(opt)
    return model


def _textbook_update(args: Namespace, dataroot: Path, batch_size: int) -> Step:
    """Return an update of the textbook's loop."""
    learner = textbook.Learner(args.netG, width=args.ngf, device=torch.device(args.device))
    paths = sorted((dataroot / "train").iterdir())
    pairs = textbook.PairDataset(paths, args.size * 286 // 256, args.size)
    batches = textbook.endless_batches(pairs, batch_size=batch_size, workers=args.workers)
    return partial(learner.step, batches)


def _our_update(args: Namespace, dataroot: Path, flags: list[str]) -> Step:
    """Return an update of train.py, as in its loop when it neither prints nor saves."""
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
    """Save a run with fresh weights for test.py in ``root``."""
    options = TrainOptions()
    sample_images.write_pairs(root / "train", 1, args.size)
    opt = train_options(root, args, options=options)
    opt.run_dir.mkdir()
    make_model(opt).save_networks("latest")
    checkpoint.save_options(opt.run_dir, opt, options.defaults)


def _textbook_gallery(args: Namespace, scratch: Path) -> Step:
    """Return the textbook's test run on a folder of images."""
    device, folder = torch.device(args.device), scratch / "textbook"
    folder.mkdir()
    net = define_G(3, 3, args.ngf, args.netG, "batch", True)
    checkpoint.load_network(net, scratch / "untrained" / "latest_net_G.pth")
    paths = sorted((scratch / "drawings" / "test").iterdir())
    return partial(textbook.generate_folder, net.to(device), paths, folder, size_px=args.size, device=device)


def _our_gallery(args: Namespace, scratch: Path, flags: list[str]) -> Step:
    """Return test.py's run on a folder of images."""
    line = ["--dataroot", str(scratch / "drawings"), "--name", "untrained", "--checkpoints_dir", str(scratch)]
    opt = TestOptions().parse([*line, "--model", "test", *_where(args), *flags])
    output = scratch / "_".join(flags)
    (output / "images").mkdir(parents=True)
    # `import test` would import the standard library's module.
    spec = importlib.util.spec_from_file_location("test_command", ROOT / "test.py")
    assert spec is not None and spec.loader is not None
    command: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    return partial(command.generate_gallery, make_model(opt), create_dataset(opt), output, opt)
