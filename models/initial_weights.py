"""Start a run from another run's weights: fine-tuning."""

from __future__ import annotations

from pathlib import Path

from models.base_model import BaseModel
from models.checkpointing import EMA_SUFFIX
from util import checkpoint
from util.errors import UserError


def start_from(model: BaseModel, folder: str | Path, epoch: str = "latest") -> None:
    """Load the weights of another run into the networks of a new one.

    The generator and its moving average start at that run's moving average if it kept one. Networks of which
    the folder holds no checkpoint, usually discriminators, keep their random weights, and a line says so.

    Args:
        model: in training, before its first update.
        folder: of a run.
        epoch: its checkpoint.

    Raises:
        UserError: the folder holds no generator, or one of another network.
    """
    files = {name: Path(folder) / f"{epoch}_net_{name}.pth" for name in model.model_names}
    averaged = Path(folder) / f"{epoch}_net_{EMA_SUFFIX}.pth"
    files["G"] = averaged if averaged.exists() else files["G"]
    if not files["G"].exists():
        there = checkpoint.describe_epochs(Path(folder), "--epoch")
        raise UserError(f"--init_from {folder}: {files['G']} does not exist; {there}")
    found = [name for name, file in files.items() if file.exists()]
    for name in found:
        checkpoint.load_network(getattr(model, "net" + name), files[name], new="refine")
    if model.netG_ema is not None:
        checkpoint.load_network(model.netG_ema, files["G"], new="refine")
    afresh = [name for name in files if name not in found]
    note = f"; random weights for {', '.join(afresh)}" if afresh else ""
    print(f"starting from {folder}: {', '.join(found)}{note}")
