"""A cycle of the soak test: pairs of photos, training that is killed and resumed, a gallery, evaluation."""

import json
import random
import signal
import time
from pathlib import Path

import numpy as np
from PIL import Image
from tiny import TINY, drawing

_RUN = [*TINY, "--num_threads", "1", "--ema", "0.9", "--edge_aug"]
_OFTEN = [
    "--val_freq", "2", "--print_freq", "8", "--display_freq", "24", "--save_latest_freq", "8",
    "--save_epoch_freq", "2", "--n_epochs_decay", "0",
]  # fmt: skip
# The long training has more epochs than any soak is long. It validates and draws its fixed images often;
# numbered checkpoints, which are kept, are seldom.
LONG = [
    *_RUN, "--n_epochs", "1000000", "--n_epochs_decay", "0", "--val_freq", "10", "--print_freq", "6",
    "--display_freq", "24", "--save_epoch_freq", "50",
]  # fmt: skip
_FEWEST, _MOST, _SIDE_PX = 6, 10, 128
_CYCLES_OF_A_RUN, _EPOCHS_OF_A_CYCLE = 8, 4
_SIGNALS = [*[signal.SIGKILL] * 4, signal.SIGTERM, signal.SIGINT, None, None]
# Python itself ends by the signal when it comes before the command has taken it over.
_CODES = {
    None: {0},
    signal.SIGKILL: {0, -signal.SIGKILL},
    signal.SIGTERM: {0, 130, -signal.SIGTERM},
    signal.SIGINT: {0, 130, -signal.SIGINT},
}


class Cycle:
    """The data set and the run that the cycles work on.

    Args:
        commands: runs the commands.
        seed: of the photos and of the moments of the kills.

    Attributes:
        done: number of cycles.
        resumed: number of times that training went on from a checkpoint.
    """

    def __init__(self, commands, seed):
        self._commands, self._problems = commands, commands.problems
        self._random, self._rng = random.Random(seed), np.random.default_rng(seed)
        self.folder = commands.folder
        self._photos, self.pairs = self.folder / "photos", self.folder / "pairs"
        self._run, self._results = self.folder / "checkpoints" / "run", self.folder / "results"
        self.done = self.resumed = 0
        self._signals, self._flags, self._disturbed = [], [], True
        self._state, self._typical_s, self._proj = None, {}, False

    def prepare(self):
        """Make the first photos of training, and those of validation and testing, and their pairs."""
        for phase, count in (("train", _FEWEST), ("val", 8), ("test", 3)):
            for index in range(count):
                self._draw(phase, index)
            self._preprocess(phase)

    def run(self, disturbed=True):
        """Go through one cycle; undisturbed, nothing is killed and all must be tidy afterwards."""
        self._disturbed = disturbed
        for _ in range(self._random.randint(1, 3)):
            there = len(list((self._photos / "train").iterdir()))
            self._draw("train", there if there < _MOST else self._random.randrange(_MOST))
        if disturbed and self._random.random() < 0.25:
            self._preprocess("train", kill=signal.SIGKILL)
        self._preprocess("train")
        self._train()
        self._check_checkpoints()
        if (self._run / "latest_net_G.pth").exists():
            if disturbed and self._random.random() < 0.15:
                self._test(kill=signal.SIGKILL)
            self._test()
            self._evaluate()
        self.done += 1

    def _draw(self, phase, index):
        """Write a new photo, perhaps in place of one that was there."""
        (self._photos / phase).mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawing(self._rng, _SIDE_PX)).save(self._photos / phase / f"{phase}{index:02d}.png")

    def _preprocess(self, phase, kill=None):
        """Make pairs of a folder of photos."""
        where = ("-i", self._photos / phase, "-o", self.pairs / phase, "-s", _SIDE_PX, "--workers", "2")
        self._command("preprocess.py", *where, kill=kill, writes_to=[self.pairs])

    def _train(self):
        """Start, or resume, the run; and kill it in three of four cycles."""
        if self.done % _CYCLES_OF_A_RUN == 0:
            self._begin_run()
        if not self._signals:
            self._signals = self._random.sample(_SIGNALS, len(_SIGNALS))
        kill = self._signals.pop() if self._disturbed else None
        state = self._state
        epoch = state["epoch"] if state else 1
        flags = ["--continue_train"] if state else ["--overwrite", *self._flags]
        flags += ["--n_epochs", epoch + _EPOCHS_OF_A_CYCLE - 1]
        where = ["--dataroot", self.pairs, "--checkpoints_dir", self.folder / "checkpoints", "--name", "run"]
        label = "train.py" + (" --lambda_proj" if self._proj else "")
        done = self._command("train.py", *where, *flags, label=label, kill=kill, writes_to=[self._run])
        greeted = f"; epochs {epoch} to " in done.output
        self.resumed += bool(state and greeted)
        if done.code == 0 and not greeted:
            self._problems.add("train.py begins at another epoch", done.output[:300])

    def _begin_run(self):
        """Choose the options of a new run, which replaces the one before."""
        self._proj = self.done // _CYCLES_OF_A_RUN % 3 == 1
        cache = self._random.choice(["auto", "none"])
        batch = self._random.choice(["1", "2"])
        self._flags = [*_RUN, *_OFTEN, "--cache", cache, "--batch_size", batch]
        self._flags += ["--lambda_proj", "0.5", "--ndf_proj", "4"] if self._proj else []
        self._state = None

    def _check_checkpoints(self):
        """Load every checkpoint of the run, and see that its state has not gone back."""
        done = self._command("tests/soak_checkpoints.py", self._run)
        found = json.loads(done.output or "null") if done.code == 0 else None
        if found and self._state and found["total_iters"] < self._state["total_iters"]:
            self._problems.add("the state of a run went back", f"{self._state} -> {found}")
        if self._state and not found:
            self._problems.add("a run lost its state", self._run)
        self._state = found
        self._proj = bool(found and found["lambda_proj"])

    def _test(self, kill=None):
        """Generate a gallery of several samples."""
        saved = [path.name.removesuffix("_net_G.pth") for path in self._run.glob("*_net_G.pth")]
        latest = kill or not self._disturbed
        epoch = "latest" if latest else self._random.choice(["latest", *sorted(saved)])
        flags = ["--dataroot", self.pairs, "--checkpoints_dir", self.folder / "checkpoints", "--name", "run"]
        flags += ["--results_dir", self._results, "--gpu_ids", "-1", "--num_threads", "1", "--n_samples", "3"]
        self._gallery = self._results / "run" / f"test_{epoch}"
        self._command("test.py", *flags, "--epoch", epoch, kill=kill, writes_to=[self._gallery])

    def _evaluate(self):
        """Measure the gallery."""
        where = ("--results", self._gallery, "--reference", self._photos / "train", "--resize")
        self._command("scripts/evaluate.py", *where, "--swd_patches", "1024", writes_to=[self._gallery])

    def _command(self, script, *arguments, label="", kill=None, writes_to=()):
        """Run a command, killed at a random moment of its usual duration, and check how it ended."""
        after_s = self._random.uniform(0, 1.1 * self._typical_s.get(label or script, 10.0))
        done = self._commands.run(
            script, *arguments, label=label, kill=kill, after_s=after_s, writes_to=writes_to
        )
        if done.code == 0:
            self._typical_s[label or script] = done.seconds
        ended_early = done.code == -signal.SIGINT
        if done.code not in _CODES[kill]:
            self._problems.add(f"{label or script} ends with {done.code}", done.errors[-600:])
        elif "Traceback" in done.errors and not ended_early:
            self._problems.add(f"{label or script} prints a traceback", done.errors[-600:])
        how = f" {signal.Signals(kill).name} after {after_s:.1f} s ->" if kill else ""
        print(f"{time.strftime('%H:%M:%S')} cycle {self.done + 1} {label or Path(script).name}:{how} "
              f"{done.code}, {done.seconds:.1f} s, {done.peak_mb:.0f} MB", flush=True)  # fmt: skip
        return done
