"""Reading and writing of checkpoints in the format of pix2pix.

Writes are atomic, and files are loaded as weights only. The options import this module at start-up, so torch
is imported only by the functions that use it.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from util.atomic import write_bytes
from util.errors import UserError

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

# Names that pix2pix uses for options, currently or before 2018, and the names used here.
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
    """Write tensors in nested dicts and lists. The old file remains until the new file is on the disk.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    import torch

    buffer = io.BytesIO()  # if torch wrote to the file directly, it would hide the cause of disk errors
    torch.save(content, buffer)
    try:
        write_bytes(path, buffer.getbuffer(), durable=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path} cannot be written: {reason}; earlier files are intact") from error


def load(path: str | os.PathLike, device: str | torch.device = "cpu") -> Any:
    """Read a file that `save` wrote, or any file of tensors. Code in the file is never run.

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
    except Exception as error:  # pickle and zip may raise any error for corrupt or malicious files
        if isinstance(error, OSError) and error.strerror:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error
        unsafe = "weights_only" in str(error).lower() or "unsupported" in str(error).lower()
        code = "it contains more than weights, and code in checkpoints is never run: save only a state_dict()"
        reason = code if unsafe else "it is truncated or not a checkpoint"
        raise UserError(f"{path} cannot be loaded: {reason}") from error


def plain_state_dict(net: nn.Module) -> dict[str, Tensor]:
    """Return the weights of a network under pix2pix's keys, as contiguous tensors on the CPU."""
    return {k: v.detach().cpu().contiguous().clone() for k, v in unwrap(net).state_dict().items()}


def unwrap(net: nn.Module) -> nn.Module:
    """Unwrap a network from torch.compile or DataParallel."""
    return getattr(net, "_orig_mod", None) or getattr(net, "module", None) or net


def load_network(net: nn.Module, path: str | os.PathLike, *, new: str | None = None) -> None:
    """Load weights saved by this repository or by pix2pix into a network.

    Prefixes added by wrappers (``module.``, ``_orig_mod.``) are removed. Statistics that instance norm stored
    before PyTorch 0.4 are ignored.

    Args:
        net: the network.
        path: the checkpoint.
        new: name of a module of the network that keeps its own weights if the file has none for it.

    Raises:
        UserError: the weights belong to a different network; the message names differing keys or shapes.
    """
    content = load(path)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(_is_weight(k, v) for k, v in content.items()):
        raise UserError(f"{path} does not contain the state dict of a network")
    given = {re.sub(r"^(?:(?:module|_orig_mod)\.)+", "", k): v for k, v in content.items()}
    wanted = unwrap(net).state_dict()
    old = re.compile(r"\.(running_mean|running_var|num_batches_tracked)$")
    given = {k: v for k, v in given.items() if k in wanted or not old.search(k)}
    # Before PyTorch 0.4.1, batch norm did not count batches. This project does not use the count.
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
            f"{path} does not fit this network ({len(problems)} differences: {problems[0]}): "
            "check --netG, --norm, --ngf, --nz and --input_nc (--netD, --ndf) against its train_opt.txt"
        )
    unwrap(net).load_state_dict(given)


def _is_weight(name: Any, value: Any) -> bool:
    """Return whether an entry can belong to a state dict: a name and a dense tensor that stores values."""
    import torch

    is_tensor = isinstance(name, str) and isinstance(value, torch.Tensor)
    return is_tensor and value.layout is torch.strided and value.device.type != "meta"


def recorded(opt: Namespace) -> dict[str, Any]:
    """Return the options of a run as a dict, without the internal options that parsing adds."""
    return {k: v for k, v in sorted(vars(opt).items()) if k not in ("explicit", "run_dir")}


def save_options(
    folder: Path,
    opt: Namespace,
    defaults: Mapping[str, Any],
    edge_settings: Mapping[str, Any] | None = None,
) -> None:
    """Write ``train_opt.txt`` in pix2pix's format and a machine-readable ``train_opt.json``.

    Args:
        folder: the run's folder.
        opt: the options.
        defaults: default values of the options; the text marks options that differ from them.
        edge_settings: settings used to extract the training set's edge maps, which test.py also uses.
    """
    values = dict(sorted({**recorded(opt), "edge_settings": edge_settings}.items()))
    write_bytes(folder / OPTIONS_TEXT, options_text(values, defaults).encode("utf-8", "backslashreplace"))
    write_bytes(folder / OPTIONS_JSON, json.dumps(values, indent=1, default=str).encode())


def options_text(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Format options like pix2pix, and mark options that differ from their default."""
    lines = ["----------------- Options ---------------"]
    for name, value in values.items():
        default = defaults.get(name)
        changed = f"\t[default: {default}]" if name in defaults and value != default else ""
        lines.append(f"{name:>25}: {value!s:<30}{changed}")
    return "\n".join([*lines, "----------------- End -------------------", ""])


def load_options(folder: Path) -> dict[str, Any]:
    """Read a run's training options from train_opt.json or pix2pix's train_opt.txt; {} if neither exists.

    Raises:
        UserError: the file is damaged.
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
    """Parse a value from train_opt.txt as None, bool, int, float or str. pix2pix's "inf" becomes 0."""
    if text == "inf":
        return 0
    if text in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def holds_a_run(folder: Path) -> bool:
    """Return whether a run has saved a checkpoint in the folder."""
    return bool(epochs_in(folder)) or (folder / STATE).exists()


def epochs_in(folder: Path, suffix: str = "") -> list[str]:
    """Return the epochs of the generator checkpoints in a folder: sorted numbers, then names like latest."""
    names = [
        p.name.removesuffix(f"_net_G{suffix}.pth") for p in folder.glob(f"*_net_G{glob.escape(suffix)}.pth")
    ]
    return sorted(names, key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n))


def describe_epochs(folder: Path, option: str, suffix: str = "") -> str:
    """Return the part of a message about a missing checkpoint that lists existing ones and the option."""
    if there := epochs_in(folder, suffix):
        return f"epochs there: {', '.join(there)} ({option})"
    others = {p.stem.partition("_net_G")[2] for p in folder.glob("*_net_G*.pth")} - {"_ema", suffix}
    if others:
        how = "leave out --model_suffix" if "" in others else f"add --model_suffix {min(others)}"
        return f"there is a generator called net_G{min(others)}: {how} (in test.py, publish.py, the exports)"
    return "epochs there: none"


def next_epoch(folder: Path) -> int:
    """Return the number after that of the last numbered checkpoint in a folder, or 1 if there is none."""
    return max([0, *(int(epoch) for epoch in epochs_in(folder) if epoch.isdecimal())]) + 1


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Return whether all values in all tensors are finite."""
    import torch

    norms = torch._foreach_norm([t.detach() for t in tensors if t.is_floating_point()], float("inf"))
    return bool(torch.stack(norms).isfinite().all())
