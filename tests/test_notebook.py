"""Run the notebook from the first cell to the last as in Jupyter, but without the installation."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT, command
from PIL import Image

NOTEBOOK = ROOT / "notebooks" / "chimera.ipynb"
SMALL = {"SIZE": 128, "EPOCHS": 1}


def code_cells():
    """Return each code cell's source, and check that no cell contains outputs."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def as_python(source):
    """Turn lines in IPython syntax into Python calls: ``!ls {x}`` into _shell(f"..."), ``%cd`` into _cd."""
    source = re.sub(r"\\\n\s*", "", source)
    source = re.sub(r"^(\s*)!(.*)$", lambda m: f"{m[1]}_shell(f{m[2]!r})", source, flags=re.M)
    return re.sub(r"^(\s*)%cd (.*)$", lambda m: f"{m[1]}_cd(f{m[2]!r})", source, flags=re.M)


def shell(line):
    """Run a cell's command, but only check an installation command."""
    words = shlex.split(line)
    if words[:3] == ["python", "-m", "pip"]:
        files = [word for word in words if word.endswith(".txt")]
        assert all(os.path.isfile(file) for file in files), line
    elif words[0] == "python" and words[1].endswith(".py"):
        done = command(words[1], *words[2:], timeout=400)
        assert done.returncode == 0, line + "\n" + done.stdout + done.stderr
    else:
        subprocess.run([sys.executable if w == "python" else w for w in words], check=True, timeout=400)


def copy_of_the_repository(folder):
    """Link the repository's files into a folder that the commands may write to."""
    for path in ROOT.iterdir():
        if path.name in ("checkpoints", "datasets"):
            (folder / path.name).mkdir()
            for entry in path.iterdir():
                (folder / path.name / entry.name).symlink_to(entry)
        elif path.name != "results":
            (folder / path.name).symlink_to(path)
    return folder


def test_notebook_runs_from_start_to_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    cells, names = code_cells(), {"_shell": shell, "_cd": os.chdir}
    exec(as_python(cells[0]), names)
    with pytest.raises(SystemExit, match="REPOSITORY"):  # outside a clone, the notebook asks for the address
        exec(as_python(cells[1]), dict(names))
    (tmp_path / "clone").mkdir()
    clone = copy_of_the_repository(tmp_path / "clone")
    monkeypatch.chdir(clone)
    names |= SMALL
    for source in cells[1:]:
        exec(as_python(source), names)
    assert (clone / "checkpoints" / "own" / "latest_net_G.pth").is_file()
    shown = list((clone / "results" / "own" / "test_latest" / "images").glob("*fake_B*"))
    assert len(shown) == len(list((ROOT / "datasets" / "drawings").iterdir()))
    assert Image.open(shown[0]).size == (128, 128)
