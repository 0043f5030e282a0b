"""Write a static page that runs an ONNX model, for any web host."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.drawing import ASSETS, example_drawings, stroke_scale
from scripts.drawing.page import SCRIPTS, page_html, site_script
from util.atomic import make_folder, write_bytes
from util.errors import UserError, one_line

if TYPE_CHECKING:
    from data.preprocess.pair import EdgeSettings

_OWN_ASSETS = Path(__file__).resolve().parent / "assets"
_LICENSE = Path(__file__).resolve().parents[2] / "LICENSE"
_WASM = "ort-wasm-simd-threaded.wasm"
_OPENCV = "opencv.js"
# Each npm package with its version, the files that the page needs, and the license file.
_PACKAGES = (
    ("onnxruntime-web@1.30.0", ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", _WASM), "README.md"),
    ("@techstark/opencv-js@5.0.0-release.1", (_OPENCV,), "LICENSE"),
)
_BACKEND = ("ort/ort.wasm.min.js", "web.js")
_NPM_S = 300


def fetch_runtime(folder: Path) -> None:
    """Fetch onnxruntime-web and OpenCV with npm, and write the files that the page needs to a folder.

    Raises:
        UserError: npm is not installed, or it cannot fetch a package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise UserError("the command needs npm to fetch onnxruntime-web: install Node.js and npm")
    for package, names, terms in _PACKAGES:
        with tempfile.TemporaryDirectory() as place:
            # Fetch only the package itself, because the page needs none of its dependencies.
            command = [npm, "pack", "--ignore-scripts", "--pack-destination", place, package]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=_NPM_S, cwd=place)
            except subprocess.TimeoutExpired as error:
                raise UserError(f"npm did not fetch {package} within {_NPM_S} s: try again") from error
            archive = next(Path(place).glob("*.tgz"), None)
            if done.returncode or archive is None:
                said = next((x for x in done.stderr.splitlines() if "ERR" in x or "error" in x), "")
                raise UserError(f"npm could not fetch {package}: {one_line(said) or 'no reason given'}")
            with tarfile.open(archive) as files:
                for name in (*(f"dist/{name}" for name in names), terms):
                    source = files.extractfile(f"package/{name}")
                    assert source is not None
                    if name.endswith((_WASM, _OPENCV)):
                        pack(folder / f"{Path(name).name}.gz", source.read())
                    else:
                        (folder / Path(name).name).write_bytes(source.read())


def preparing(edge_settings: EdgeSettings | None) -> dict[str, Any]:
    """Return the data that prepare.js needs to make inputs."""
    from data.edges import boundary
    from data.hints import PATCHES
    from data.preprocess.pair import EdgeSettings

    classifier = {
        "weights": boundary.WEIGHTS.tolist(),
        "bias": boundary.BIAS.tolist(),
        "outputs": boundary.OUTPUT_WEIGHTS.tolist(),
        "output": float(boundary.OUTPUT_BIAS),
    }
    settings = asdict(edge_settings or EdgeSettings())
    return {"settings": settings, "boundary": classifier, "patches": PATCHES.ravel().tolist()}


def pack(path: Path, data: bytes) -> None:
    """Write a file compressed with gzip. Equal data gives equal bytes."""
    write_bytes(path, gzip.compress(data, 9, mtime=0))


def write_site(
    output: Path, model: bytes, *, known: dict[str, Any], title: str | None = None, text: str | None = None
) -> None:
    """Write the page to a folder.

    Args:
        output: a folder that does not exist, is empty, or contains an older page.
        model: the ONNX file's bytes.
        known: the page's data about the generator, including the result of `preparing`.
        title: page title; None: "Draw an animal" in the visitor's language.
        text: the line under the title; None: a description of the page in the visitor's language.

    Raises:
        UserError: the folder cannot be written or contains other files.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / "site.js").is_file():
        raise UserError(f"--output {output} contains other files: choose a new folder")
    make_folder(output.parent, what="--output")
    made = Path(tempfile.mkdtemp(dir=output.parent, prefix=".", suffix=".part"))
    try:
        for folder in ("ort", "examples"):
            (made / folder).mkdir()
        fetch_runtime(made / "ort")
        for name in (*SCRIPTS, "page.js", "page.css"):
            shutil.copyfile(ASSETS / name, made / name)
        for name in ("prepare.js", "paper.js", "web.js"):
            shutil.copyfile(_OWN_ASSETS / name, made / name)
        shutil.copyfile(_LICENSE, made / "LICENSE.txt")
        for path in example_drawings(known["colors"]):
            shutil.copyfile(path, made / "examples" / path.name)
        pack(made / "model.onnx.gz", model)
        wasm, weights, opencv = (
            {"name": name, "bytes": (made / name).stat().st_size}
            for name in (f"ort/{_WASM}.gz", "model.onnx.gz", f"ort/{_OPENCV}.gz")
        )
        known = known | {"scale": stroke_scale(known["side"]), "title": title, "text": text}
        write_bytes(made / "site.js", site_script(known | {"files": [wasm, weights], "opencv": opencv}))
        write_bytes(made / "index.html", page_html(_BACKEND, title or ""))
        _replace(output, made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _replace(output: Path, made: Path) -> None:
    """Replace an older folder with the finished folder."""
    os.chmod(made, 0o755)
    old = Path(tempfile.mkdtemp(dir=output.parent, prefix=".", suffix=".old"))
    if output.exists():
        os.replace(output, old / "site")
    os.replace(made, output)
    shutil.rmtree(old, ignore_errors=True)
