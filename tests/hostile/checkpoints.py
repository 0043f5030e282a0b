"""Cases with checkpoints and training states that are damaged or contain code."""

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from .bench import Bench, Case, Result

Spoil = Callable[[Path], None]


class _Code:
    """An object that creates the file ``marker`` when it is unpickled."""

    def __init__(self, marker: str):
        self._marker = marker

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self._marker}",)


def _zip(path: Path, entries: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> None:
    """Write an archive in torch.save's format."""
    with zipfile.ZipFile(path, "w", how) as file:
        for name, data in entries.items():
            file.writestr(f"archive/{name}", data)


def _entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name.partition("/")[2]: file.read(name) for name in file.namelist()}


def _bomb(path: Path) -> None:
    """Add a gigabyte of zeros, compressed to a megabyte, to a checkpoint."""
    _zip(path, _entries(path) | {"data/0": bytes(1 << 30)}, zipfile.ZIP_DEFLATED)


def _claim(path: Path) -> None:
    """Change a checkpoint so that it declares a tensor of 4 GB."""
    entries = _entries(path)
    content = entries["data.pkl"]
    place = content.index(b"cpuq") if b"cpuq" in content else 60
    entries["data.pkl"] = content[:place] + b"cpuJ\xff\xff\xff\x7f" + content[place + 6 :]
    _zip(path, entries)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _saved(content: object) -> Spoil:
    return lambda path: torch.save(content, path)


def _changed(change: Callable[[dict], object]) -> Spoil:
    """Return a function that loads a checkpoint, changes it, and saves it."""

    def spoil(path: Path) -> None:
        content = torch.load(path, weights_only=True)
        torch.save(change(content), path)

    return spoil


def _cut(share: float) -> Spoil:
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def _each(function: Callable[[torch.Tensor], object]) -> Spoil:
    """Return a function that changes all tensors in a checkpoint."""
    return _changed(lambda d: {k: function(v) if v.is_floating_point() else v for k, v in d.items()})


def spoilt_networks(marker: str) -> dict[str, Spoil]:
    """Return functions that damage a network's checkpoint. Code that they add would create ``marker``."""
    code = pickle.dumps(_Code(marker))
    legacy = io.BytesIO()
    torch.save(_Code(marker), legacy, _use_new_zipfile_serialization=False)
    claims = b"\x80\x04\x8e" + struct.pack("<Q", 4 << 30) + b"x."
    words = b"\x80\x02X" + struct.pack("<I", (4 << 30) - 1) + b"x."
    found: dict[str, Spoil] = {f"cut at {share:.0%}": _cut(share) for share in np.linspace(0, 0.99, 12)}
    zero = torch.zeros(1)
    contents = {
        "list": [1], "number": 5, "none": None, "tensor": torch.zeros(3), "empty": {}, "text": "weights",
        "numbers as keys": {1: zero}, "bytes as keys": {b"a": zero}, "tuple as key": {("a",): zero},
        "nested": {"a": {"b": zero}}, "state_dict of a list": {"state_dict": [1]},
        "state_dict of numbers": {"state_dict": {"a": 1}}, "odd name": {"<b>\n\x1b[31m": zero},
        "surrogate": {"\udce9": zero}, "huge view": {"a": zero.expand(1 << 40)},
    }  # fmt: skip
    found |= {name: _saved(content) for name, content in contents.items()}
    found |= {
        "pickled code": lambda path: path.write_bytes(code),
        "code in an archive": lambda path: _zip(path, {"data.pkl": code, "version": b"3\n"}),
        "code in the old format": lambda path: path.write_bytes(legacy.getvalue()),
        "bytes of 4 GB": lambda path: path.write_bytes(claims),
        "words of 4 GB": lambda path: path.write_bytes(words),
        "words of 4 GB in an archive": lambda path: _zip(path, {"data.pkl": words, "version": b"3\n"}),
        "storage of 4 GB": _claim, "zip bomb": _bomb, "pipe": _pipe, "folder": _folder,
        "empty archive": lambda path: _zip(path, {}), "html": lambda path: path.write_text("<html></html>"),
        "zeros": lambda path: path.write_bytes(bytes(100_000)),
        "fewer keys": _changed(lambda d: dict(list(d.items())[2:])),
        "more keys": _changed(lambda d: d | {"more.weight": torch.zeros(2)}),
        "other shapes": _each(lambda v: v.repeat(2, *[1] * (v.ndim - 1))),
        "scalars": _each(lambda v: v.sum()),
        "not a number": _each(lambda v: v * torch.nan), "infinite": _each(lambda v: v + torch.inf),
        "whole numbers": _each(lambda v: v.long()), "complex": _each(lambda v: v.to(torch.complex64)),
        "half": _each(lambda v: v.half()), "double": _each(lambda v: v.double()),
        "sparse": _each(torch.Tensor.to_sparse),
        "truth values": _each(lambda v: v > 0), "meta": _each(lambda v: v.to("meta")),
        "no contiguous": _each(lambda v: v.transpose(0, -1).contiguous().transpose(0, -1)),
    }  # fmt: skip
    return found


def spoilt_states() -> dict[str, Spoil]:
    """Return functions that damage the state from which training resumes."""
    found: dict[str, Spoil] = {f"cut at {share:.0%}": _cut(share) for share in (0, 0.3, 0.9)}
    odd = {"none": None, "word": "x", "minus": -3, "huge": 10**30, "list": [1, {}], "nan": float("nan")}
    inner = {
        "model": ("netG", "netD", "optimizer_0", "optimizer_1", "scaler", "n_updates"),
        "progress": ("epoch", "batch", "total_iters", "best", "best_by", "batch_size"),
        "random": ("rng",),
    }
    for key in ("schedule", *inner):
        found[f"without {key}"] = _changed(lambda d, key=key: {k: v for k, v in d.items() if k != key})
        for name, value in odd.items():
            found[f"{key} is {name}"] = _changed(lambda d, key=key, value=value: d | {key: value})
    for part, key in ((part, key) for part, keys in inner.items() for key in keys):
        for name, value in odd.items():
            change = lambda d, p=part, k=key, v=value: d | {p: d[p] | {k: v}}  # noqa: E731
            found[f"{part}'s {key} is {name}"] = _changed(change)
    return found | {"a list": _saved([1]), "pipe": _pipe, "folder": _folder}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case for each damaged network (with test.py) and each damaged state (with train.py)."""
    for name in spoilt_networks(""):
        yield Case("checkpoints: networks", f"test.py, {name}", partial(_network, name))
    for name, spoil in spoilt_states().items():
        yield Case("checkpoints: states", f"train.py, {name}", partial(_state, spoil))


def _network(name: str, bench: Bench, case: Case) -> Iterator[Result]:
    """Generate with a damaged generator."""
    folder = bench.folder("checkpoints")
    marker = folder / "code_was_run"
    spoilt_networks(str(marker))[name](folder / "checkpoints" / "tiny" / "latest_net_G.pth")
    result = bench.attempt(case, *bench.line("test", folder), untouched=[folder / "checkpoints"])
    yield Result(case.kind, case.name, "failure", "code was run") if marker.exists() else result


def _state(spoil: Spoil, bench: Bench, case: Case) -> Iterator[Result]:
    """Resume from a damaged state. If the command refuses this, it must not change the networks."""
    folder = bench.folder("checkpoints")
    run = folder / "checkpoints" / "tiny"
    spoil(run / "latest_state.pth")
    networks = {p: p.read_bytes() for p in run.glob("*_net_*.pth")}
    result = bench.attempt(case, *bench.line("resume", folder))
    if result.verdict == "refused" and any(p.read_bytes() != data for p, data in networks.items()):
        result = Result(case.kind, case.name, "failure", "networks changed")
    yield result
