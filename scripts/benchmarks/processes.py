"""An update shared by two processes: how they average gradients, train.py's way and others in turn."""

from __future__ import annotations

import json
import os
import socket
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from scripts.benchmarks import commands
from scripts.benchmarks.measuring import Timing, interleave
from scripts.benchmarks.report import Table
from util import distributed
from util.errors import UserError
from util.memory import keep_freed_memory

PROCESSES, _TURNS = 2, 12
OURS, FLAT, DDP, ALONE = "train.py", "one flat copy after backward", "DistributedDataParallel", "no exchange"
_COLUMNS = ("ngf", "million weights", "averaging", "ms an update", "ms more than alone", "spread %")


def run(args: Namespace, scratch: Path) -> list[Table]:
    """Measure; ``args`` are the benchmark's options.

    Raises:
        UserError: fewer than two GPUs.
    """
    if args.device == "cuda" and torch.cuda.device_count() < PROCESSES:
        raise UserError(f"processes: needs {PROCESSES} GPUs, there is 1; add --device cpu")
    table = Table(
        f"{PROCESSES} processes: {args.netG}, {args.size} px, batch 1 each, instance norm", _COLUMNS
    )
    for ngf in (args.ngf, max(1, args.ngf // 2)):
        point = Namespace(**{**vars(args), "ngf": ngf, "ndf": ngf})
        result = _measure(point, scratch / f"ngf{ngf}.json")
        timings = {name: Timing(**timing) for name, timing in result["timings"].items()}
        for name, timing in timings.items():
            more_s = timing.median_s - timings[ALONE].median_s
            row = [ngf, result["weights"] / 1e6, name, 1000 * timing.median_s, 1000 * more_s]
            table.rows.append([*row, 100 * timing.spread])
    how = "NCCL, a GPU each" if args.device == "cuda" else "gloo, one thread each"
    table.notes.append(
        f"Medians of {timings[OURS].count} turns in rotation, in the same processes ({how}; fp32). Alone "
        "is the same update without any exchange."
    )
    return [table]


def _measure(point: Namespace, file: Path) -> dict[str, Any]:
    """Run the processes; returns what the first one measured."""
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        port = any_port.getsockname()[1]
    # Workers take these from the environment, as from torchrun.
    common = {"WORLD_SIZE": PROCESSES, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    context = torch.multiprocessing.get_context("spawn")
    ranks = [context.Process(target=_work, args=(rank, common, point, file)) for rank in range(PROCESSES)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join()
    if any(process.exitcode for process in ranks):
        raise UserError("a process of the benchmark ended early; what it said stands above")
    return json.loads(file.read_text())


def _work(rank: int, common: dict[str, Any], point: Namespace, file: Path) -> None:
    """Be one of the processes."""
    os.environ.update({"RANK": str(rank), "LOCAL_RANK": str(rank)} | {k: str(v) for k, v in common.items()})
    if point.device == "cpu":
        torch.set_num_threads(1)
        keep_freed_memory()
    distributed.start(f"cuda:{rank}" if point.device == "cuda" else "cpu")
    models = make_models(point)
    device = next(iter(models.values())).device
    real = torch.rand(2, 1, 3, point.size, point.size, generator=torch.Generator().manual_seed(rank))
    batch = {"A": real[0] * 2 - 1, "B": real[1] * 2 - 1, "A_paths": [""], "B_paths": [""]}
    steps = {name: partial(_turn, model, batch) for name, model in models.items()}
    rounds = point.updates or _TURNS
    timings = interleave(steps, rounds=rounds, warm_up=2, device=device)
    weights = sum(p.numel() for net in (models[OURS].netG, models[OURS].netD) for p in net.parameters())
    if rank == 0:
        found = {name: asdict(timing) for name, timing in timings.items()}
        file.write_text(json.dumps({"weights": weights, "timings": found}))
    distributed.leave(0)


def _turn(model: Any, batch: dict[str, Any]) -> None:
    """Do one update, begun by all processes together."""
    torch.distributed.barrier()
    model.set_input(batch)
    model.optimize_parameters()


def make_models(point: Namespace) -> dict[str, Any]:
    """Make a model for each way of averaging, all of the same first weights."""
    flags = ("--norm", "instance", "--no_dropout", "--amp", "fp32")
    opt = commands.train_options(Path("made/on/the/fly"), point, *flags)
    models: dict[str, Any] = {}
    for name in (OURS, FLAT, DDP, ALONE):
        torch.manual_seed(0)
        model = models[name] = commands.make_model(opt)
        if name in (DDP, ALONE):
            model._averages = dict.fromkeys(model.optimizers, Without())
        elif name == FLAT:
            model._averages = {optimizer: FlatCopy(optimizer) for optimizer in model.optimizers}
        if name == DDP:
            _wrap(model)
    return models


class Without:
    """Leaves gradients as they are."""

    def during_backward(self) -> nullcontext:
        """Do nothing."""
        return nullcontext()


class FlatCopy:
    """Copies all gradients into one tensor after backward, sums it over processes, and copies them back.

    Args:
        optimizer: whose parameters' gradients are averaged.
    """

    def __init__(self, optimizer: torch.optim.Optimizer):
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]

    @contextmanager
    def during_backward(self) -> Iterator[None]:
        """Average the gradients at the end of the block."""
        yield
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        together = torch.cat([g.reshape(-1) for g in gradients])
        torch.distributed.all_reduce(together)
        together /= PROCESSES
        for gradient, part in zip(gradients, together.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))


class Scores(nn.Module):
    """A discriminator's scores of several batches in one forward pass, which is what DDP can follow.

    Args:
        net: the discriminator.
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, batches: Sequence[Tensor]) -> list[Tensor]:
        """Score each batch by itself."""
        return [self.net(batch) for batch in batches]


def _wrap(model: Any) -> None:
    """Let DDP average the gradients of an LSGAN model."""
    wrap = partial(DistributedDataParallel, static_graph=True, gradient_as_bucket_view=True)
    scores, criterion = wrap(Scores(model.netD)), model.criterionGAN
    model.netG = wrap(model.netG)

    def losses_D(real: Any, fakes: list[Any]) -> dict[str, Tensor]:
        model.netD.requires_grad_(True)
        real_score, fake_score = scores([real.images, fakes[0].images])
        on_real, on_fake = criterion(real_score, True), criterion(fake_score, False)
        return {"D_real": on_real, "D_fake": on_fake, "total": 0.5 * (on_real + on_fake)}

    model.losses_D = losses_D
