"""Time per update: the textbook loop, the textbook loop with each optimization alone, and train.py."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from models.precision import has_bf16
from scripts.benchmarks import commands, sample_images, textbook
from scripts.benchmarks.measuring import count_flops, interleave, matmul_peak
from scripts.benchmarks.report import Table, counted
from scripts.benchmarks.separate_process import StepsInProcess

TEXTBOOK = "textbook loop"
COLUMNS = (
    "batch",
    "loop",
    "ms an image",
    "times the textbook's speed",
    "updates/s",
    "GFLOP/s",
    "% of peak",
    "spread %",
)
# A GPU works while Python goes on: time several updates and wait for it once.
_UPDATES_IN_A_TURN = {"cpu": 1, "cuda": 20}


@dataclass(frozen=True)
class Variant:
    """One way to train.

    Attributes:
        step: does one update at the batch size given.
        precision: which peak it is measured against: ``fp32``, ``tf32`` or ``bf16``.
    """

    step: Callable[[], Any]
    precision: str


def run(args: Namespace, scratch: Path) -> list[Table]:
    """Measure; ``args`` are the benchmark's options."""
    device = torch.device(args.device)
    paths = sample_images.write_pairs(scratch / "pairs" / "train", args.images or 64, args.size)
    fp32 = "tf32" if device.type == "cuda" else "fp32"
    kinds = ["fp32", *(["tf32"] if fp32 == "tf32" else []), *(["bf16"] if has_bf16(device) else [])]
    peaks = {kind: matmul_peak(device, kind) for kind in kinds}
    workshop = Workshop(args, paths, device, peaks)
    flops = workshop.flops_an_image()
    results = {}
    for batch_size in args.batch_sizes:
        with ExitStack() as stack:
            variants = workshop.variants(batch_size, stack)
            results[batch_size] = interleave(
                {name: variant.step for name, variant in variants.items()},
                rounds=args.updates,
                budget_s=args.budget_s / len(args.batch_sizes),
                warm_up=2,
                repeats=_UPDATES_IN_A_TURN[device.type],
                device=device,
            )
        precisions = {name: variant.precision for name, variant in variants.items()}
    # Again, for a processor may be faster or busier now; the share is of the better one.
    peaks = {kind: max(peak, matmul_peak(device, kind)) for kind, peak in peaks.items()}

    table = Table(f"Training: {args.netG}, ngf {args.ngf}, {args.size} px", COLUMNS)
    for batch_size, timings in results.items():
        for name, timing in timings.items():
            each_s = timing.median_s
            rate = flops * batch_size / each_s
            share = rate / peaks[precisions[name]]
            row = [batch_size, name, 1000 * each_s / batch_size, timings[TEXTBOOK].median_s / each_s]
            table.rows.append([*row, 1 / each_s, rate / 1e9, 100 * share, 100 * timing.spread])
        table.notes.append(f"Batch {batch_size}: medians of {timings[TEXTBOOK].count} turns after warm-up.")
    known = ", ".join(f"{kind} {peak / 1e9:,.0f} GFLOP/s" for kind, peak in peaks.items())
    table.notes += [
        f"Peak, by products of large matrices in this same run: {known}. An update of one image is "
        f"{flops / 1e9:,.1f} GFLOP (convolutions, forward and backward).",
        f"All loops take turns of {counted(_UPDATES_IN_A_TURN[device.type], 'update')}, in rotation. The "
        f"textbook decodes in {counted(args.workers, 'worker')}, which may go on while others have their "
        "turn, so it is, if anything, flattered. Its networks and mathematics are the same."
        + (
            " The textbook and train.py live in processes of their own, as their users start them: what one "
            "does with its memory (util/memory.py) shall not act on the other."
            if device.type == "cpu"
            else ""
        )
        + (" PyTorch's default lets its fp32 convolutions use TF32." if fp32 == "tf32" else ""),
    ]
    return [table]


def textbook_loop(
    args: Namespace, paths: list[Path], load_px: int, batch_size: int
) -> dict[str, Callable[[], object]]:
    """Return one update of the textbook's loop, by name."""
    learner = textbook.make_learner(args.netG, ngf=args.ngf, ndf=args.ndf, device=torch.device(args.device))
    pairs = textbook.PairDataset(paths, load_px, args.size)
    batches = textbook.endless_batches(pairs, batch_size=batch_size, workers=args.workers)
    return {TEXTBOOK: partial(textbook.train_step, learner, batches)}


class Workshop:
    """Networks, optimizers and images for all variants; those that can, share them.

    Args:
        args: the benchmark's options.
        paths: the training pairs.
        device: where to train.
        peaks: the precisions that are worth measuring.
    """

    def __init__(self, args: Namespace, paths: list[Path], device: torch.device, peaks: dict[str, float]):
        self.args, self.paths, self.device = args, paths, device
        self.fp32, self.with_bf16 = "tf32" if "tf32" in peaks else "fp32", "bf16" in peaks
        common: dict[str, Any] = {"ngf": args.ngf, "ndf": args.ndf, "device": device}
        make = partial(textbook.make_learner, args.netG, **common)
        self.fused = make(fused=True)
        self.channels_last = make(fused=True, channels_last=True)
        self.dataroot = paths[0].parents[1]
        # choose_precision sets these for the whole process; the textbook leaves them as they come.
        self.defaults = _switches()
        self.loader = commands.make_loader(self._options())

    def flops_an_image(self) -> int:
        """Count the floating-point operations of one update of one image."""
        pair = torch.zeros(2, 1, 3, self.args.size, self.args.size, device=self.device)
        return count_flops(lambda: textbook.update(self.fused, *pair))

    def variants(self, batch_size: int, stack: ExitStack) -> dict[str, Variant]:
        """Return all ways to train, the textbook's first; ``stack`` ends the processes that some live in."""
        decoding = textbook.endless_batches(
            textbook.PairDataset(self.paths, self.loader.dataset.load_px, self.args.size),
            batch_size=batch_size,
            workers=self.args.workers,
        )
        self.loader.batch_size = batch_size
        cached = commands.endless_batches(self.loader)
        bf16 = partial(torch.autocast, self.device.type, dtype=torch.bfloat16)

        def quiet(learner: textbook.Learner, autocast: Callable[[], AbstractContextManager]) -> None:
            batch = next(cached)
            layout = {"memory_format": learner.memory_format}
            textbook.update(learner, batch["A"].to(**layout), batch["B"].to(**layout), autocast)

        plain = (self.args, self.paths, self.loader.dataset.load_px, batch_size)
        if self.device.type == "cpu":
            loop = stack.enter_context(StepsInProcess(textbook_loop, *plain)).steps()
        else:
            loop = {**textbook_loop(*plain)}
        found = {
            TEXTBOOK: Variant(loop[TEXTBOOK], self.fp32),
            "+ fused Adam": Variant(partial(textbook.train_step, self.fused, decoding), self.fp32),
            "+ decoded once, kept as uint8": Variant(
                partial(textbook.train_step, self.fused, cached), self.fp32
            ),
            "+ losses not read": Variant(partial(quiet, self.fused, nullcontext), self.fp32),
            "... channels last": Variant(partial(quiet, self.channels_last, nullcontext), self.fp32),
        }
        if self.with_bf16:
            found["... bf16"] = Variant(partial(quiet, self.fused, bf16), "bf16")
            found["... bf16, channels last"] = Variant(partial(quiet, self.channels_last, bf16), "bf16")
        found = {name: self._with_switches(v, self.defaults) for name, v in found.items()}
        flags = self._flags()
        lines = {name: (*line, "--batch_size", str(batch_size)) for name, line in flags.items()}
        if self.device.type == "cpu":
            steps = stack.enter_context(
                StepsInProcess(commands.training_steps, self.dataroot, self.args, lines)
            ).steps()
        else:
            steps = {**commands.training_steps(self.dataroot, self.args, lines)}
        tuned = _switches()
        for name, step in steps.items():
            kind = "bf16" if "bf16" in flags[name] else self.fp32
            found[name] = self._with_switches(Variant(step, kind), tuned)
        return found

    def _flags(self) -> dict[str, tuple[str, ...]]:
        """List the command lines of train.py to measure."""
        precisions = ["fp32", *(["bf16"] if self.with_bf16 else [])]
        flags: dict[str, tuple[str, ...]] = {}
        for amp in precisions:
            if self.device.type == "cuda":
                flags[f"train.py --amp {amp} --no_cuda_graph"] = ("--amp", amp, "--no_cuda_graph")
            flags[f"train.py --amp {amp}"] = ("--amp", amp)
        amp = precisions[-1]
        flags[f"train.py --amp {amp} --lambda_proj 1"] = ("--amp", amp, "--lambda_proj", "1")
        if self.args.compile:
            flags[f"train.py --amp {precisions[-1]} --compile"] = ("--amp", precisions[-1], "--compile")
        return flags

    def _options(self, *flags: str) -> Namespace:
        """Parse train.py's options with these flags."""
        return commands.train_options(self.dataroot, self.args, *flags)

    def _with_switches(self, variant: Variant, switches: tuple[bool, bool]) -> Variant:
        """Run the variant under its own choice of cuDNN's autotuning and of TF32 in matrix products."""
        if self.device.type != "cuda":
            return variant

        def step() -> None:
            torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32 = switches
            variant.step()

        return Variant(step, variant.precision)


def _switches() -> tuple[bool, bool]:
    """Tell whether, in this process, cuDNN tunes itself and matrix products use TF32."""
    return torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32
