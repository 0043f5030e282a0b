"""Running hostile cases in processes with limits on time and memory, and comparing folders."""

import hashlib
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
from warm_start import WarmStart

SECONDS, MEGABYTES = 120, 3000
LOADERS_OWN_WORDS = ("libpng", "Corrupt JPEG", "TIFF", "Premature end", "OpenJPEG", "[ WARN", "[ERROR")


@dataclass(frozen=True)
class Result:
    """The result of one case: ``ok``, ``refused`` (with one clear line) or ``failure``."""

    kind: str
    name: str
    verdict: str
    detail: str = ""


@dataclass(frozen=True)
class Case:
    """One kind of bad input and the function that tries it; a folder of files gives many results."""

    kind: str
    name: str
    act: "Act"
    slow: bool = False

    def judge(self, done: "Done", more: Iterable[str] = ()) -> Result:
        """Convert an ended command into a result; ``more`` lists additional problems."""
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
        """Return what is wrong with the command's result, if anything."""
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
    """A folder of material (a run, pairs, photos, galleries) and a warm process that runs commands."""

    root: Path
    rng: np.random.Generator
    warm: WarmStart = field(default_factory=WarmStart)
    count: int = 0

    @property
    def checkpoints(self) -> Path:
        """The folder of runs, which contains one run called ``tiny``."""
        return self.root / "checkpoints"

    def prepare(self) -> None:
        """Make the material."""
        for phase, count in (("train", 4), ("test", 3)):
            folder = self.root / "pairs" / phase
            folder.mkdir(parents=True)
            for k in range(count):
                photo = drawing(self.rng, 128)
                Image.fromarray(np.concatenate([photo, 255 - photo], axis=1)).save(folder / f"{phase}{k}.png")
        (self.root / "photos").mkdir()
        for k in range(4):
            Image.fromarray(drawing(self.rng, 64)).save(self.root / "photos" / f"{k}.png")
        runs = [self.run("train.py", *self.train_flags("tiny"), *ONE_EPOCH)]
        for results in ("A", "B"):
            runs.append(self.run("test.py", *self.test_flags(self.root / results)))
        runs.append(
            self.run("preprocess.py", "-i", self.root / "photos", "-o", self.root / "made", "-s", "32")
        )
        for done in runs:
            assert done.code == 0, done.err

    def train_flags(self, name, *, dataroot=None, checkpoints=None) -> list:
        """Return the arguments of a tiny training run."""
        where = ["--dataroot", dataroot or self.root / "pairs", "--name", name]
        return [*where, "--checkpoints_dir", checkpoints or self.checkpoints, *TINY, "--no_html"]

    def test_flags(self, results, *, dataroot=None, checkpoints=None) -> list:
        """Return the arguments for generating images with the tiny run."""
        where = ["--dataroot", dataroot or self.root / "pairs", "--name", "tiny", "--gpu_ids", "-1"]
        where += ["--results_dir", results, "--num_threads", "1", "--amp", "fp32"]
        return [*where, "--checkpoints_dir", checkpoints or self.checkpoints]

    def folder(self, copy: str = "") -> Path:
        """Return a new folder with copies of some of the material."""
        self.count += 1
        place = self.root / "cases" / f"{self.count:05d}"
        place.mkdir(parents=True)
        if copy:
            shutil.copytree(self.root / copy, place / Path(copy).name, symlinks=True)
        return place

    def start(self, script: str, *arguments: object, before: str = "", cwd=None) -> tuple[int, Path]:
        """Start a command; its process first runs the code in ``before``."""
        said = Path(tempfile.mkdtemp(dir=self.root))
        pid = self.warm.start(script, [str(a) for a in arguments], said, before=before, cwd=cwd or self.root)
        return pid, said

    def finish(self, started: tuple[int, Path], seconds: float = SECONDS) -> Done:
        """Wait for a command to end."""
        pid, said = started
        try:
            code, megabytes = self.warm.wait_measured(pid, seconds)
        except TimeoutExpired:
            code, megabytes = None, 0
        texts = ((said / name).read_text("utf-8", "replace") for name in ("stdout", "stderr"))
        done = Done(code, *texts, megabytes)
        shutil.rmtree(said)
        return done

    def run(self, script: str, *arguments: object, seconds: float = SECONDS, **how: object) -> Done:
        """Run a command to its end."""
        return self.finish(self.start(script, *arguments, **how), seconds)

    def attempt(
        self, case: Case, script: str, *arguments: object, untouched=(), whole=(), **how: object
    ) -> Result:
        """Run a command and judge it.

        Args:
            case: the case.
            script: the command.
            arguments: the command's arguments.
            untouched: folders that must be unchanged afterwards, byte for byte.
            whole: folders in which every file must still exist and be readable.
            how: further arguments of `run`.
        """
        before, kept = snapshot(*untouched), files_below(*whole)
        done = self.run(script, *arguments, **how)
        return case.judge(done, changes(before, snapshot(*untouched)) + damage(kept, *whole))


def files_below(*folders: Path) -> list[Path]:
    """Return all regular files below the folders."""
    found = (Path(place, f) for folder in folders for place, _, files in os.walk(folder) for f in files)
    return [path for path in found if path.is_file()]


def snapshot(*folders: Path) -> dict[bytes, tuple]:
    """Return the contents of folders as path -> kind, and content or link target."""
    found: dict[bytes, tuple] = {}
    for folder in folders:
        for place, inner, files in os.walk(os.fsencode(folder)):
            for path in (os.path.join(place, name) for name in inner + files):
                found[path] = _describe(path)
    return found


def _describe(path: bytes) -> tuple:
    """Return the kind and content of a path."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return (stat.S_IFMT(mode), os.readlink(path))
    if not stat.S_ISREG(mode):
        return (stat.S_IFMT(mode),)
    with open(path, "rb") as file:
        return (stat.S_IFMT(mode), hashlib.file_digest(file, "sha256").digest())


def changes(before: dict[bytes, tuple], after: dict[bytes, tuple]) -> list[str]:
    """Describe the differences between two snapshots."""
    names = [path for path in {*before, *after} if before.get(path) != after.get(path)]
    return [f"{len(names)} files changed, first {min(names)!r}"] if names else []


def damage(kept: list[Path], *folders: Path) -> list[str]:
    """Describe the missing or damaged files."""
    gone = [f"{path.name} is gone" for path in kept if not path.exists()]
    torn = [f"{path.name} is left" for path in files_below(*folders) if path.suffix == ".part"]
    broken = [f"{path.name} is damaged" for path in kept if path.exists() and not sound(path)]
    return gone[:1] + torn[:1] + broken[:1]


def sound(path: Path) -> bool:
    """Tell whether a file in a known format can be read to its end."""
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
