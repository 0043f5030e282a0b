import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

from data.preprocess.folder import preprocess_folder
from training.page import TrainingPage
from util.atomic import delete_torn, write_bytes
from util.gallery.writing import write_gallery


def die_while_writing(path):
    """Start a process that is killed while it writes a file, and check that it leaves a partial file."""
    code = "import os, signal, sys; from util.atomic import write_bytes\n"
    code += "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL); write_bytes(sys.argv[1], b'half')"
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists() and len(hidden(path.parent)) == 1


def hidden(folder):
    return [name for name in os.listdir(folder) if name.startswith(".")]


def test_delete_torn_deletes_only_partial_files(tmp_path):
    die_while_writing(tmp_path / "a.txt")
    others = [".gitkeep", ".abcdefgh.png", "12345678.part", ".my_download.part"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".12345678.part").mkdir()
    delete_torn(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([*others, ".12345678.part"])


def test_a_failed_write_does_not_change_the_old_file(tmp_path):
    write_bytes(tmp_path / "a.txt", b"old")
    with pytest.raises(TypeError):
        write_bytes(tmp_path / "a.txt", "no bytes")
    assert os.listdir(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("write", "subfolder"),
    [
        (lambda folder, photos: TrainingPage(folder, {"name": "x"}), "images"),
        (lambda folder, photos: write_gallery(folder, "t", []), "images"),
        (lambda folder, photos: preprocess_folder(photos, folder, size_px=32), "."),
    ],
    ids=["training page", "gallery", "pairs"],
)
def test_a_second_run_deletes_partial_files_of_the_first(tmp_path, photos, write, subfolder):
    folder = tmp_path / "out"
    (folder / subfolder).mkdir(parents=True)
    die_while_writing(folder / subfolder / "a.png")
    write(folder, photos)
    assert not hidden(folder) and not hidden(folder / subfolder)
