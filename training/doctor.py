"""The training doctor: warnings about failing runs, each naming an option to try, each given once.

False alarms are worse than no warnings, so a symptom must last, and the doctor is silent where a
healthy run of this kind could look the same.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from statistics import fmean, median

import numpy as np

from training.loggers.base import Moment

# How many reports a finding must last.
_WINDOW = 50
_SHORT_WINDOW = 5
# Adversarial loss of a generator that no longer fools anybody, by objective: least squares tends to 1,
# the hinge is beyond its margin, and cross-entropy gives each patch a chance below 5%.
_LOST_G_GAN = {"lsgan": 0.8, "msgan": 0.8, "hinge": 0.8, "vanilla": 3.0}
_WON_D = 0.01


class TrainingDoctor:
    """Watches a run's numbers and images; every method returns the warnings that are new."""

    def __init__(self, *, gan_mode: str = "lsgan") -> None:
        """Start a watch.

        Args:
            gan_mode: the objective. A Wasserstein critic's losses have no level that is good or bad.
        """
        self._gan_mode = gan_mode
        self._said: set[str] = set()
        self._recent: dict[str, deque[float]] = {}
        self._calmest: dict[str, float] = {}
        self._trend = _Trend()
        self._watched_from_start: bool | None = None
        self._window_began_at: deque[int] = deque(maxlen=_WINDOW)
        self._val_recent: deque[float] = deque(maxlen=_SHORT_WINDOW)
        self._val_jumps: deque[float] = deque(maxlen=_WINDOW)
        self._val_best, self._val_best_epoch = math.inf, 0
        self._val_worse_in_a_row = 0
        self._copies_in_a_row = self._same_pairs_in_a_row = 0

    def observe_losses(self, moment: Moment, losses: Mapping[str, float]) -> list[str]:
        """Look at a report of losses (`G_GAN`, `G_L1`, `D_real`, `D_fake`, others).

        Args:
            moment: when it is.
            losses: name -> value.
        """
        found = []
        for name, value in losses.items():
            if not math.isfinite(value):
                found += self._not_finite(moment, name, value)
                continue
            self._recent.setdefault(name, deque(maxlen=_WINDOW + _SHORT_WINDOW)).append(value)
            found += self._exploding(moment, name)
        self._window_began_at.append(moment.total_iters)
        found += self._discriminator_won(moment)
        if math.isfinite(losses.get("G_L1", math.nan)):
            found += self._flat(moment, losses["G_L1"])
        return found

    def observe_validation(self, moment: Moment, metrics: Mapping[str, float]) -> list[str]:
        """Look at validation metrics: `L1`, or if that is missing `SSIM`.

        Warn if the metric gets worse again: the mean of the last five measurements is above the best such
        mean by a tenth and by three times the noise of a single measurement, none of the five is near that
        best mean, and this has lasted for five measurements.
        """
        if math.isfinite(metrics.get("L1", math.nan)):
            name, value = "L1", metrics["L1"]
        elif math.isfinite(metrics.get("SSIM", math.nan)):
            name, value = "1 - SSIM", 1 - metrics["SSIM"]
        else:
            return []
        if self._val_recent:
            self._val_jumps.append((value - self._val_recent[-1]) ** 2)
        self._val_recent.append(value)
        if len(self._val_recent) < _SHORT_WINDOW:
            return []
        now = fmean(self._val_recent)
        if now < self._val_best:
            self._val_best, self._val_best_epoch = now, moment.epoch
        # Neighbours differ by noise alone: by twice its variance, in the mean square.
        noise = math.sqrt(fmean(self._val_jumps) / 2)
        worse = now > max(1.1 * self._val_best, self._val_best + 3 * noise)
        worse = worse and min(self._val_recent) > 1.03 * self._val_best
        self._val_worse_in_a_row = self._val_worse_in_a_row + 1 if worse else 0
        if self._val_worse_in_a_row >= _SHORT_WINDOW:
            return self._say(
                "turned",
                f"val {name} has turned: {self._val_best:.3g} around epoch {self._val_best_epoch}, {now:.3g} "
                "now. The generator learns the training images by heart: test the best checkpoint "
                "(test.py --epoch best), add images, or try --diffaug color,translation,cutout.",
            )
        return []

    def observe_outputs(self, moment: Moment, samples: Mapping[str, Mapping[str, np.ndarray]]) -> list[str]:
        """Look at the fixed samples for a generator that copies its input.

        Args:
            moment: when it is.
            samples: input's name -> label -> image, (H, W, 3) uint8 RGB; `real_A` and `fake_B`, and
                `real_B` where there is a target.
        """
        changes, pairs = [], []
        for visuals in samples.values():
            source, output, target = (visuals.get(label) for label in ("real_A", "fake_B", "real_B"))
            if source is None:
                continue
            if output is not None and output.shape == source.shape:
                changes.append(_distance(source, output))
            if target is not None and target.shape == source.shape:
                pairs.append(_distance(source, target))
        same_pairs = bool(pairs) and fmean(pairs) < 0.01
        copies = bool(changes) and fmean(changes) < 0.02 and not same_pairs
        copies = copies and not (pairs and fmean(pairs) < 0.05)
        self._same_pairs_in_a_row = self._same_pairs_in_a_row + 1 if same_pairs else 0
        self._copies_in_a_row = self._copies_in_a_row + 1 if copies else 0
        if self._same_pairs_in_a_row >= 2:
            return self._say(
                "same pairs",
                "input and target are the same image: the pairs hold nothing to learn. "
                "Look at the data set (--dataroot), it should hold photo | edges side by side.",
            )
        if self._copies_in_a_row >= 2:
            return self._say(
                "copies",
                f"the generator copies its input (mean difference {100 * fmean(changes):.1f}% of the range). "
                "Check --direction, and that --lambda_L1 is not 0.",
            )
        return []

    def _not_finite(self, moment: Moment, name: str, value: float) -> list[str]:
        """Warn about a loss that is not a number."""
        return self._say(
            "not finite",
            f"{name} is {value} in epoch {moment.epoch} after {moment.iters} images. "
            f"Go on from the last checkpoint with a lower --lr (now {moment.lr:.2g}), and with --amp fp32.",
        )

    def _exploding(self, moment: Moment, name: str) -> list[str]:
        """Warn about a loss that has risen far above its calmest level and stayed there."""
        values = self._recent[name]
        if len(values) < _WINDOW + _SHORT_WINDOW:
            return []
        sizes = [abs(value) for value in values]
        calmest = min(self._calmest.get(name, math.inf), median(sizes[:_WINDOW]))
        self._calmest[name] = calmest
        floor = 1000.0 if self._gan_mode == "wgangp" else 10.0
        if min(sizes[-_SHORT_WINDOW:]) > max(floor, 20 * calmest):
            return self._say(
                "exploding",
                f"{name} explodes: {values[-1]:.3g} in epoch {moment.epoch}, it was {calmest:.3g}. "
                f"Lower --lr (now {moment.lr:.2g}), or try --amp fp32.",
            )
        return []

    def _discriminator_won(self, moment: Moment) -> list[str]:
        """Warn if the discriminator has been certain for an epoch or more and the generator has lost."""
        lost = _LOST_G_GAN.get(self._gan_mode)
        needed = [self._recent.get(name, ()) for name in ("D_real", "D_fake", "G_GAN")]
        if lost is None or min(map(len, needed)) < _WINDOW:
            return []
        if self._window_began_at[-1] - self._window_began_at[0] < moment.epoch_size:
            return []
        d_real, d_fake, g_gan = (median(list(values)[-_WINDOW:]) for values in needed)
        if max(d_real, d_fake) >= _WON_D or g_gan <= lost:
            return []
        softer = "--gan_mode lsgan, " if self._gan_mode == "vanilla" else ""
        return self._say(
            "discriminator",
            f"the discriminator has won: D_real {d_real:.2g}, D_fake {d_fake:.2g}, G_GAN {g_gan:.2g}. "
            "The generator learns from the L1 term alone. "
            f"Try {softer}--diffaug color,translation,cutout, more images, or a lower --lr.",
        )

    def _flat(self, moment: Moment, g_l1: float) -> list[str]:
        """Warn if the L1 loss has clearly not fallen by a twentieth since the start."""
        if self._watched_from_start is None:
            self._watched_from_start = moment.epochs_done <= 1 + moment.n_epochs / 100
        self._trend.add(moment.epochs_done, g_l1)
        early = moment.epochs_done < max(3, moment.n_epochs / 10)
        if not self._watched_from_start or early or self._trend.count < 200:
            return []
        lately = fmean(list(self._recent["G_L1"])[-_SHORT_WINDOW:])
        if lately > 2 * self._calmest.get("G_L1", math.inf):  # a spike or an explosion, which is no flat loss
            return []
        fall, error = self._trend.relative_fall()
        if fall + 2 * error > 0.05:
            return []
        return self._say(
            "flat",
            f"G_L1 has not fallen in {moment.epoch} epochs (mean {self._trend.mean:.3g}). "
            f"Check the pairs on this page and --direction, or try a higher --lr (now {moment.lr:.2g}).",
        )

    def _say(self, key: str, text: str) -> list[str]:
        """Return the text the first time, then nothing."""
        if key in self._said:
            return []
        self._said.add(key)
        return [text]


def check_batch_statistics(*, norm: str, crop_size: int, num_downs: int, batch_size: int) -> list[str]:
    """Warn about a U-Net layer normalised by the statistics of a single value, which makes it constant.

    The innermost map of a UNet is not normalised (Isola et al. 2017, errata); the next one is, with a side
    of `crop_size / 2**(num_downs - 1)`. Batch norm takes its statistics over this map and the batch,
    instance norm over this map alone.

    Args:
        norm: `batch`, `instance` or `none`.
        crop_size: side of the training images in px.
        num_downs: how often the generator halves them (`unet_256`: 8).
        batch_size: images per update.

    Returns:
        No or one warning.
    """
    side = max(1, crop_size // 2 ** (num_downs - 1))
    values = side * side * (batch_size if norm == "batch" else 1)
    if norm not in ("batch", "instance") or values > 1:
        return []
    bigger = "a --batch_size above 1, " if norm == "batch" else ""
    return [
        f"{norm} statistics are of one pixel: {crop_size} px halved {num_downs - 1} times, batch size "
        f"{batch_size}. The generator's innermost layers are normalised to nothing. "
        f"Try {bigger}--netG unet_{2 ** max(7, num_downs - 1)}, or a --crop_size of {2 * crop_size}."
    ]


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean absolute difference of two uint8 images as a share of the range, in [0, 1]."""
    return float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean()) / 255


class _Trend:
    """A straight line through all values so far, in constant memory."""

    def __init__(self) -> None:
        """Start without values."""
        self.count = 0
        self.mean = 0.0
        self._mean_x = self._sxx = self._sxy = self._syy = 0.0
        self._low, self._high = math.inf, -math.inf

    def add(self, x: float, y: float) -> None:
        """Add a value at a place (Welford's updates)."""
        self.count += 1
        from_x, from_y = x - self._mean_x, y - self.mean
        self._mean_x += from_x / self.count
        self.mean += from_y / self.count
        self._sxx += from_x * (x - self._mean_x)
        self._sxy += from_x * (y - self.mean)
        self._syy += from_y * (y - self.mean)
        self._low, self._high = min(self._low, x), max(self._high, x)

    def relative_fall(self) -> tuple[float, float]:
        """Return how far the line falls over all places, as a share of the mean, and its standard error."""
        if self._sxx <= 0 or self.mean == 0:
            return 0.0, math.inf
        slope = self._sxy / self._sxx
        left_over = max(0.0, self._syy - slope * self._sxy) / (self.count - 2)
        span = (self._high - self._low) / abs(self.mean)
        return -slope * span, math.sqrt(left_over / self._sxx) * span
