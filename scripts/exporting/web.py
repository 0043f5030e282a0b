"""A static page around an ONNX model: files to copy to any web space."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from string import Template
from typing import Any

from scripts.drawing import ASSETS, example_drawings, stroke_scale
from util.atomic import make_folder, write_bytes
from util.errors import UserError, one_line

_OWN_ASSETS = Path(__file__).resolve().parent / "assets"
# The version whose files and interface the page knows.
_RUNTIME = "onnxruntime-web@1.30.0"
_RUNTIME_FILES = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
_NPM_S = 300
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "img-src 'self' data: blob:; connect-src 'self' data: blob:; style-src 'self' 'unsafe-inline'"
)


def fetch_runtime(folder: Path) -> None:
    """Fetch onnxruntime-web by npm and copy the files that the page needs into a folder.

    Raises:
        UserError: npm is not installed, or cannot fetch the package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(
            "the page needs onnxruntime-web, which npm fetches: install Node.js (apt install npm)"
        )
    with tempfile.TemporaryDirectory() as place:
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", place, _RUNTIME]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_NPM_S, cwd=place)
        except subprocess.TimeoutExpired as error:
            raise UserError(f"npm did not fetch {_RUNTIME} within {_NPM_S} s: try again") from error
        found = Path(place, "node_modules", "onnxruntime-web", "dist")
        missing = [name for name in _RUNTIME_FILES if not (found / name).is_file()]
        if done.returncode or missing:
            said = next((line for line in done.stderr.splitlines() if "ERR" in line or "error" in line), "")
            raise UserError(f"npm could not fetch {_RUNTIME}: {one_line(said) or ', '.join(missing)}")
        for name in _RUNTIME_FILES:
            shutil.copyfile(found / name, folder / name)
        licence = found.parent / "LICENSE"
        if licence.is_file():
            shutil.copyfile(licence, folder / "LICENSE")


def write_site(output: Path, model: bytes, *, name: str, known: dict[str, Any]) -> None:
    """Write the page into a folder that does not exist yet or holds an older page.

    Args:
        output: the folder.
        model: the ONNX file's bytes.
        name: the run's name.
        known: what the page's script must know: side, channels, outputs and noise (vectors for samples).

    Raises:
        UserError: the folder cannot be written, or holds something else.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / "site.js").is_file():
        raise UserError(f"--output {output} holds other files: give a new folder, or one of an older page")
    make_folder(output.parent, what="--output")
    made = Path(tempfile.mkdtemp(dir=output.parent, prefix=".", suffix=".part"))
    try:
        for folder in ("ort", "examples"):
            (made / folder).mkdir()
        fetch_runtime(made / "ort")
        for source in [ASSETS / n for n in ("canvas.js", "results.js", "lines.js", "page.css")] + [
            _OWN_ASSETS / n for n in ("web.js", "site.css")
        ]:
            shutil.copyfile(source, made / source.name)
        drawings = example_drawings()
        for path in drawings:
            shutil.copyfile(path, made / "examples" / path.name)
        write_bytes(made / "model.onnx", model)
        known = known | {
            "scale": stroke_scale(known["side"]),
            "examples": [f"examples/{path.name}" for path in drawings],
            "bytes": len(model),
        }
        write_bytes(made / "site.js", f'"use strict";\nconst SITE = {json.dumps(known)};\n'.encode())
        varies = "" if known["noise"] else " hidden"
        template = Template((_OWN_ASSETS / "index.html").read_text("utf-8"))
        page = template.substitute(policy=_POLICY, name=html.escape(name), varies=varies)
        write_bytes(made / "index.html", page.encode())
        _replace(output, made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _replace(output: Path, made: Path) -> None:
    """Put the finished folder in the place of the older one."""
    os.chmod(made, 0o755)
    if output.exists():
        old = Path(tempfile.mkdtemp(dir=output.parent, prefix=".", suffix=".old"))
        os.replace(output, old / "site")
        os.replace(made, output)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(made, output)
