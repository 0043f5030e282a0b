"""Functions that run commands with limits on time and memory, and that compare folders."""

import json
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired

import numpy as np
from conftest import ONE_EPOCH, TINY, drawing
from PIL import Image
from tiny import write_pairs
from warm_start import WarmStart

SECONDS, MEGABYTES = 120, 3000
SCRIPTS = {
    "preprocess": "preprocess.py", "train": "train.py", "resume": "train.py", "test": "test.py",
    "evaluate": "scripts/evaluate.py", "compare": "scripts/compare.py",
}  # fmt: skip
LOADERS_OWN_WORDS = ("libpng", "Corrupt JPEG", "TIFF", "Premature end", "OpenJPEG", "[ WARN", "[ERROR")


@dataclass(frozen=True)
class Result:
    """The result of one case. The verdict is ``ok``, ``refused`` (with one clear line) or ``failure``."""

    kind: str
    name: str
    verdict: str
    detail: str = ""


@dataclass(frozen=True)
class Case:
    """One kind of bad input, and the function that runs a command with it."""

    kind: str
    name: str
    act: "Act"
    slow: bool = False

    def judge(self, done: "Done", more: Iterable[str] = ()) -> Result:
        """Return the result of a command that has ended; ``more`` lists additional problems."""
        if problems := done.problems() + list(more):
            return Result(self.kind, self.name, "failure", "; ".join(problems))
        said = (done.err or done.out).strip().splitlines()
        return Result(self.kind, self.name, "refused" if done.code else "ok", said[-1] if said else "")


Act = Callable[["Bench", Case], Iterable[Result]]


@dataclass
class Done:
    """A command that has ended."""

    code: int | None
    out: str
    err: str
    megabytes: float

    def problems(self) -> list[str]:
        """Return the rules that the command has broken, one line each."""
        if self.code is None:
            return [f"still running after {SECONDS} s"]
        found = [] if self.code in (0, 1, 2) else [f"exit code {self.code}"]
        if "Traceback" in self.out + self.err or "Exception ignored" in self.err:
            found.append("traceback: " + (self.err.strip().splitlines() or ["?"])[-1])
        said = [x for x in self.err.splitlines() if x.strip() and not x.startswith(LOADERS_OWN_WORDS)]
        if self.code == 2 and (len(said) != 1 or "error: " not in said[0]):
            found.append(f"{len(said)} lines instead of one: {said[:3]}")
        if self.code == 1 and "not used: " not in self.out:
            found.append(f"exit code 1 without a reason: {said[-1:]}")
        if self.megabytes > MEGABYTES:
            found.append(f"{self.megabytes:.0f} MB of memory")
        return found


@dataclass
class Bench:
    """A folder of valid material (a run, pairs, photos, galleries), and a process that runs commands."""

    root: Path
    rng: np.random.Generator
    warm: WarmStart = field(default_factory=WarmStart)
    count: int = 0

    def prepare(self) -> None:
        """Make the valid material."""
        write_pairs(self.root / "pairs", train=4, test=3)
        (self.root / "photos").mkdir()
        for k in range(4):
            Image.fromarray(drawing(self.rng, 64)).save(self.root / "photos" / f"{k}.png")
        train, test = self.line("train", self.root), self.line("test", self.root)
        tests = [[*test, "--results_dir", self.root / name] for name in "AB"]
        for line in ([*train, "--name", "tiny"], *tests, self.line("preprocess", self.root)):
            assert (done := self.run(*line)).code == 0, done.err

    def line(self, command: str, folder: Path) -> list:
        """Return a valid command line that writes to a folder and reads any material copied to it."""

        def of(name: str) -> Path:
            return folder / name if (folder / name).exists() else self.root / name

        runs = [of(name) / "tiny" / "test_latest" for name in "AB"]
        new = ["--checkpoints_dir", folder / "checkpoints", "--no_html"]
        lines: dict[str, list] = {
            "preprocess": ["-i", of("photos"), "-o", folder / "made", "-s", "32", "--workers", "1"],
            "train": ["--dataroot", of("pairs"), "--name", "new", *new, *TINY, *ONE_EPOCH],
            "resume": ["--name", "tiny", *new, "--gpu_ids", "-1", "--continue_train", "--n_epochs", "2"],
            "test": ["--dataroot", of("pairs"), "--name", "tiny", "--checkpoints_dir", of("checkpoints"),
                     "--results_dir", folder / "A", "--gpu_ids", "-1", "--num_threads", "1",
                     "--amp", "fp32"],
            "evaluate": ["--results", runs[0]],
            "compare": [*runs, "--output", folder / "compared"],
        }  # fmt: skip
        return [SCRIPTS[command], *lines[command]]

    def folder(self, *copies: str) -> Path:
        """Create a folder with copies of some of the material."""
        self.count += 1
        place = self.root / "cases" / f"{self.count:05d}"
        place.mkdir(parents=True)
        for name in copies:
            shutil.copytree(self.root / name, place / name, symlinks=True)
        return place

    def start(self, script: str, *arguments: object, before: str = "", cwd=None) -> tuple[int, Path]:
        """Start a command in a process that first runs the code ``before``."""
        said = Path(tempfile.mkdtemp(dir=self.root))
        pid = self.warm.start(script, [str(a) for a in arguments], said, before=before, cwd=cwd or self.root)
        return pid, said

    def finish(self, started: tuple[int, Path]) -> Done:
        """Wait for a command to end."""
        pid, said = started
        try:
            code, megabytes = self.warm.wait_measured(pid, SECONDS)
        except TimeoutExpired:
            code, megabytes = None, 0
        texts = ((said / name).read_text("utf-8", "replace") for name in ("stdout", "stderr"))
        done = Done(code, *texts, megabytes)
        shutil.rmtree(said)
        return done

    def run(self, script: str, *arguments: object, **how: object) -> Done:
        """Run a command and wait for it to end."""
        return self.finish(self.start(script, *arguments, **how))

    def attempt(self, case: Case, *line: object, untouched=(), whole=(), **how: object) -> Result:
        """Run a command and return its result.

        The command must not change the folders ``untouched``. In the folders ``whole``, all files must remain
        readable.
        """
        before, kept = snapshot(*untouched), files_below(*whole)
        done = self.run(*line, **how)
        return case.judge(done, changes(before, snapshot(*untouched)) + damage(kept, *whole))


def files_below(*folders: Path) -> list[Path]:
    """Return all regular files in folders and their subfolders."""
    found = (Path(place, f) for folder in folders for place, _, files in os.walk(folder) for f in files)
    return [path for path in found if path.is_file()]


def snapshot(*folders: Path) -> dict[bytes, object]:
    """Return a dict from each path in folders to the file's content, the link's target, or the mode."""
    found: dict[bytes, object] = {}
    for folder in folders:
        for place, inner, files in os.walk(os.fsencode(folder)):
            for path in (os.path.join(place, name) for name in inner + files):
                mode = os.lstat(path).st_mode
                if stat.S_ISLNK(mode):
                    found[path] = os.readlink(path)
                else:
                    found[path] = Path(os.fsdecode(path)).read_bytes() if stat.S_ISREG(mode) else mode
    return found


def changes(before: dict[bytes, object], after: dict[bytes, object]) -> list[str]:
    """Return a line about the differences between two snapshots, if there are any."""
    names = [path for path in {*before, *after} if before.get(path) != after.get(path)]
    return [f"{len(names)} files changed, first {min(names)!r}"] if names else []


def damage(kept: list[Path], *folders: Path) -> list[str]:
    """Return lines about missing, damaged and partial files."""
    gone = [f"{path.name} is gone" for path in kept if not path.exists()]
    torn = [f"partial file {path.name} remains" for path in files_below(*folders) if path.suffix == ".part"]
    broken = [f"{path.name} is damaged" for path in kept if path.exists() and not sound(path)]
    return gone[:1] + torn[:1] + broken[:1]


def sound(path: Path) -> bool:
    """Return whether a file is complete, judging by its format."""
    try:
        if path.suffix in (".png", ".jpg"):
            with Image.open(path) as image:
                image.load()
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".pth":
            return zipfile.ZipFile(path).testzip() is None
        elif path.suffix == ".html":
            return path.read_text("utf-8").rstrip().endswith("</html>")
    except Exception:
        return False
    return True
