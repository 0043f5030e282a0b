"""Images generated per second once everything is loaded: by a textbook loop and by test.py."""

from __future__ import annotations

import contextlib
import io
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import torch

from data.base_dataset import phase_folder
from models.networks import define_G
from scripts.benchmarks import commands, sample_images, textbook
from scripts.benchmarks.measuring import interleave
from scripts.benchmarks.report import Table
from scripts.benchmarks.separate_process import StepsInProcess
from util import checkpoint
from util.memory import keep_freed_memory

TEXTBOOK = "textbook, batch 1, fp32"


def run(args: Namespace, scratch: Path) -> list[Table]:
    """Measure; ``args`` are the benchmark's options."""
    count = args.images or 50
    sample_images.write_edge_maps(scratch / "drawings" / "test", count, args.size)
    sample_images.write_pairs(scratch / "pairs" / "test", count, args.size)
    commands.save_untrained(scratch / "checkpoints", args)
    tables = []
    for name, flags in (("drawings", ("--model", "test")), ("pairs", ())):
        table = Table(
            f"Testing: {count} {name}, {args.netG}, ngf {args.ngf}, {args.size} px",
            ("command", "images/s", "ms an image", "times the textbook's speed", "spread %"),
        )
        with ExitStack() as stack:
            timings = interleave(
                _ways(args, scratch, scratch / name, flags, stack),
                rounds=args.updates,
                budget_s=args.budget_s / 2,
                device=torch.device(args.device),
            )
        for way, timing in timings.items():
            speed_up = timings[TEXTBOOK].median_s / timing.median_s
            each_s = timing.median_s / count
            table.rows.append([way, 1 / each_s, 1000 * each_s, speed_up, 100 * timing.spread])
        table.notes.append(
            f"From the first file to the last one on disk, models loaded and warm; medians of "
            f"{timings[TEXTBOOK].count} passes over all images, in turn."
            + (" Of pairs, test.py also measures L1 and SSIM; the textbook does not." if not flags else "")
        )
        tables.append(table)
    return tables


def _ways(
    args: Namespace, scratch: Path, dataroot: Path, flags: tuple[str, ...], stack: ExitStack
) -> dict[str, Callable[[], object]]:
    """Return the textbook and test.py at several settings, each generating the whole folder."""
    device = torch.device(args.device)
    paths = sorted(phase_folder(str(dataroot), "test").iterdir())
    folder = scratch / "results" / f"textbook_{dataroot.name}"
    folder.mkdir(parents=True)
    net = define_G(3, 3, args.ngf, args.netG, "batch", True)
    checkpoint.load_network(net, scratch / "checkpoints" / "untrained" / "latest_net_G.pth")
    generate = partial(
        textbook.generate_folder,
        net.to(device),
        paths,
        folder,
        size_px=args.size,
        pairs=not flags,
        device=device,
    )
    found: dict[str, Callable[[], object]] = {TEXTBOOK: _as_torch_comes(generate)}
    if device.type == "cpu":
        apart = stack.enter_context(StepsInProcess(_test_py, args, scratch, dataroot, flags))
        return found | apart.steps()
    return found | _test_py(args, scratch, dataroot, flags)


def _test_py(
    args: Namespace, scratch: Path, dataroot: Path, flags: tuple[str, ...]
) -> dict[str, Callable[[], object]]:
    """Return test.py at several settings; on the CPU in a process of its own, whose memory it may keep."""
    if args.device == "cpu":
        keep_freed_memory()
    found: dict[str, Callable[[], object]] = {}
    command = commands.load_test_command()
    settings = [("--batch_size", str(n), "--amp", amp) for n in args.batch_sizes for amp in ("fp32", "auto")]
    for setting in settings:
        opt = commands.test_options(dataroot, scratch / "checkpoints", args, *flags, *setting)
        output = scratch / "results" / f"{dataroot.name}_{'_'.join(setting[1::2])}"
        (output / "images").mkdir(parents=True)
        model, loader = commands.make_model(opt), commands.make_loader(opt)
        found[f"test.py {' '.join(setting)}"] = partial(_generate, command, model, loader, output, opt)
    return found


def _generate(command: Any, model: Any, loader: Any, output: Path, opt: Namespace) -> None:
    """Generate and write as test.py does, without its progress bar."""
    torch.backends.cudnn.benchmark = torch.backends.cuda.matmul.allow_tf32 = model.device.type == "cuda"
    with contextlib.redirect_stderr(io.StringIO()):
        command.generate_gallery(model, loader, output, opt)


def _as_torch_comes(generate: Callable[[], object]) -> Callable[[], object]:
    """Wrap a call so that it runs under PyTorch's own choice of cuDNN's autotuning and TF32."""

    def call() -> None:
        torch.backends.cudnn.benchmark = torch.backends.cuda.matmul.allow_tf32 = False
        generate()

    return call
