"""Functions that read and write checkpoints in pix2pix's format.

Writes are atomic, and files are loaded as weights only. The command-line options import this module, so torch
is imported only inside functions, which keeps ``--help`` fast.
"""

from __future__ import annotations

import glob
import io
import json
import os
import re
import warnings
from argparse import Namespace
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from util.atomic import write_bytes
from util.errors import UserError

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

# Option names in current and older versions of pix2pix, and their names in this project.
OLD_NAMES = {
    "which_model_netG": "netG", "which_model_netD": "netD", "which_direction": "direction",
    "resize_or_crop": "preprocess", "loadSize": "load_size", "fineSize": "crop_size",
    "batchSize": "batch_size", "nThreads": "num_threads", "niter": "n_epochs",
    "niter_decay": "n_epochs_decay", "how_many": "num_test", "ntest": "num_test", "which_epoch": "epoch",
    "display_single_pane_ncols": "display_ncols", "use_wandb": "wandb",
    "wandb_project_name": "wandb_project",
}  # fmt: skip
OPTIONS_TEXT, OPTIONS_JSON, STATE = "train_opt.txt", "train_opt.json", "latest_state.pth"


def save(path: str | os.PathLike, content: Any) -> None:
    """Save nested dicts and lists of tensors. The old file remains until the new one is on the disk.

    Raises:
        UserError: the file cannot be written, for example because the disk is full.
    """
    import torch

    buffer = io.BytesIO()  # torch hides the cause of disk errors when it writes to a file itself
    torch.save(content, buffer)
    try:
        write_bytes(path, buffer.getbuffer(), durable=True)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{path} cannot be written: {reason}; earlier files are intact") from error


def load(path: str | os.PathLike, device: str | torch.device = "cpu") -> Any:
    """Load a file of tensors. Code in the file is never run.

    Raises:
        UserError: the file is missing, truncated, not a checkpoint, or contains code.
    """
    import torch

    if os.path.exists(path) and not os.path.isfile(path):  # opening a pipe would block forever
        raise UserError(f"{path} cannot be loaded: it is not a regular file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about unusual pickles
            return torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist") from error
    except MemoryError:
        raise
    except Exception as error:  # a corrupt or malicious file can cause any error
        if isinstance(error, OSError) and error.strerror:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error
        unsafe = "weights_only" in str(error).lower() or "unsupported" in str(error).lower()
        code = "it contains more than weights, and code in checkpoints is never run: save only a state_dict()"
        reason = code if unsafe else "it is truncated or not a checkpoint"
        raise UserError(f"{path} cannot be loaded: {reason}") from error


def plain_state_dict(net: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a network's weights on the CPU, under pix2pix's keys."""
    return {k: v.detach().cpu().contiguous().clone() for k, v in unwrap(net).state_dict().items()}


def unwrap(net: nn.Module) -> nn.Module:
    """Return the network inside a wrapper from torch.compile or DataParallel, or the network itself."""
    return getattr(net, "_orig_mod", None) or getattr(net, "module", None) or net


def load_network(net: nn.Module, path: str | os.PathLike, *, new: str | None = None) -> None:
    """Load a checkpoint of this project or of pix2pix into a network.

    If the checkpoint has no weights for the module named ``new``, this module keeps its current weights.

    Raises:
        UserError: the checkpoint cannot be loaded, or its keys or shapes do not fit the network.
    """
    content = load(path)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(_is_weight(k, v) for k, v in content.items()):
        raise UserError(f"{path} does not contain a network's state dict")
    # DataParallel and torch.compile add prefixes to keys.
    given = {re.sub(r"^(?:(?:module|_orig_mod)\.)+", "", k): v for k, v in content.items()}
    wanted = unwrap(net).state_dict()
    # Before PyTorch 0.4, instance norm stored statistics, and batch norm did not count batches.
    old = re.compile(r"\.(running_mean|running_var|num_batches_tracked)$")
    given = {k: v for k, v in given.items() if k in wanted or not old.search(k)}
    given |= {k: v for k, v in wanted.items() if k.endswith("num_batches_tracked") and k not in given}
    if new and not any(f".{new}." in k for k in given):
        given |= {k: v for k, v in wanted.items() if f".{new}." in k}
    problems = [f"lacks {k}" for k in wanted if k not in given]
    problems += [f"has {k}, which the network does not" for k in given if k not in wanted]
    problems += [
        f"{k} has shape {tuple(given[k].shape)}, but the network needs {tuple(v.shape)}"
        for k, v in wanted.items()
        if k in given and given[k].shape != v.shape
    ]
    if problems:
        raise UserError(
            f"{path} does not fit this network ({len(problems)} differences; the first: {problems[0]}): "
            "check --netG, --norm, --ngf, --nz and --input_nc (--netD, --ndf) against its train_opt.txt"
        )
    unwrap(net).load_state_dict(given)


def _is_weight(name: Any, value: Any) -> bool:
    """Return whether an entry consists of a name and a dense tensor with values."""
    import torch

    is_tensor = isinstance(name, str) and isinstance(value, torch.Tensor)
    return is_tensor and value.layout is torch.strided and value.device.type != "meta"


def recorded(opt: Namespace) -> dict[str, Any]:
    """Return a run's options as a sorted dict, without internal entries."""
    return {k: v for k, v in sorted(vars(opt).items()) if k not in ("explicit", "run_dir")}


def save_options(
    folder: Path, opt: Namespace, defaults: Mapping[str, Any], edge_settings: Mapping[str, Any] | None = None
) -> None:
    """Write a run's options to ``train_opt.txt`` in pix2pix's format and to ``train_opt.json``.

    Args:
        defaults: default values; the text marks options that differ from them.
        edge_settings: how the training set's edge maps were extracted, which test.py needs to know.
    """
    values = dict(sorted({**recorded(opt), "edge_settings": edge_settings}.items()))
    lines = ["----------------- Options ---------------"]
    for name, value in values.items():
        changed = name in defaults and value != defaults[name]
        lines.append(f"{name:>25}: {value!s:<30}" + changed * f"\t[default: {defaults.get(name)}]")
    text = "\n".join([*lines, "----------------- End -------------------", ""])
    write_bytes(folder / OPTIONS_TEXT, text.encode("utf-8", "backslashreplace"))
    write_bytes(folder / OPTIONS_JSON, json.dumps(values, indent=1, default=str).encode())


def load_options(folder: Path) -> dict[str, Any]:
    """Read a run's options from train_opt.json or pix2pix's train_opt.txt; return {} if neither exists.

    Raises:
        UserError: train_opt.json is damaged.
    """
    try:
        options = json.loads((folder / OPTIONS_JSON).read_text("utf-8"))
        if not isinstance(options, dict):
            raise ValueError("it contains no options")
        return options
    except FileNotFoundError:
        pass
    except (ValueError, OSError, RecursionError) as error:
        raise UserError(f"{folder / OPTIONS_JSON} cannot be read: {error}") from error
    try:
        text = (folder / OPTIONS_TEXT).read_text("utf-8", "replace")
    except OSError:
        return {}
    found = re.findall(r"^\s*(\w+): (.*?)\s*(?:\[default: .*\])?\s*$", text, re.MULTILINE)
    return {OLD_NAMES.get(name, name): _parse_value(value) for name, value in found}


def _parse_value(text: str) -> Any:
    """Convert text from train_opt.txt to a bool, None or a number if possible."""
    known = {"True": True, "False": False, "None": None, "inf": 0}  # pix2pix writes inf for "no limit"
    for convert in (known.__getitem__, int, float):
        with suppress(KeyError, ValueError):
            return convert(text)
    return text


def holds_a_run(folder: Path) -> bool:
    """Return whether a folder contains a checkpoint or a run's state."""
    return bool(epochs_in(folder)) or (folder / STATE).exists()


def epochs_in(folder: Path, suffix: str = "") -> list[str]:
    """Return the generator epochs in a folder: first sorted numbers, then names such as latest."""
    ending = f"_net_G{suffix}.pth"
    names = [path.name.removesuffix(ending) for path in folder.glob("*" + glob.escape(ending))]
    return sorted(names, key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n))


def describe_epochs(folder: Path, option: str, suffix: str = "") -> str:
    """Return the part of an error message that lists existing checkpoints and the option to select one."""
    if there := epochs_in(folder, suffix):
        return f"available epochs: {', '.join(there)} ({option})"
    others = {p.stem.partition("_net_G")[2] for p in folder.glob("*_net_G*.pth")} - {"_ema", suffix}
    if others:
        how = "leave out --model_suffix" if "" in others else f"add --model_suffix {min(others)}"
        return f"there is a generator called net_G{min(others)}: {how} (test.py, publish.py and exports only)"
    return "available epochs: none"


def next_epoch(folder: Path) -> int:
    """Return the epoch after the last numbered checkpoint in a folder, or 1 if there is none."""
    return max([0, *(int(epoch) for epoch in epochs_in(folder) if epoch.isdecimal())]) + 1


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Return whether all values in some tensors are finite."""
    import torch

    norms = torch._foreach_norm([t.detach() for t in tensors if t.is_floating_point()], float("inf"))
    return bool(torch.stack(norms).isfinite().all())
