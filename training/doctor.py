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
_WINDOW, _SHORT_WINDOW = 50, 5
# Adversarial loss of a generator that no longer fools the discriminator: least squares tends to 1, the hinge
# is beyond its margin, and cross-entropy gives each patch a chance below 5%.
_LOST_G_GAN = {"lsgan": 0.8, "msgan": 0.8, "hinge": 0.8, "vanilla": 3.0}
_WON_D = 0.01


class TrainingDoctor:
    """Watches a run's numbers and images; every method returns the new warnings."""

    def __init__(self, *, gan_mode: str = "lsgan"):
        self._gan_mode = gan_mode
        self._said: set[str] = set()
        self._recent: dict[str, deque[float]] = {}
        self._calmest: dict[str, float] = {}
        self._window_began_at: deque[int] = deque(maxlen=_WINDOW)
        self._val: list[float] = []
        self._val_best, self._val_best_epoch, self._val_worse_in_a_row = math.inf, 0, 0
        self._copies_in_a_row = self._same_pairs_in_a_row = 0

    def observe_losses(self, moment: Moment, losses: Mapping[str, float]) -> list[str]:
        """Look at a report of losses (`G_GAN`, `D_real`, `D_fake`, others), all of them finite."""
        found = []
        for name, value in losses.items():
            self._recent.setdefault(name, deque(maxlen=_WINDOW + _SHORT_WINDOW)).append(value)
            found += self._exploding(moment, name)
        self._window_began_at.append(moment.total_iters)
        return found + self._discriminator_won(moment)

    def observe_validation(self, moment: Moment, metrics: Mapping[str, float]) -> list[str]:
        """Look at validation metrics for an L1 that rises again.

        It does if, for five measurements, the mean of the last five exceeds the lowest such mean by a tenth
        and by three times the noise of a measurement, and none of them is near that lowest mean.
        """
        values = self._val
        values.append(metrics["L1"])
        if len(values) < _SHORT_WINDOW:
            return []
        lately = values[-_SHORT_WINDOW:]
        now = fmean(lately)
        if now < self._val_best:
            self._val_best, self._val_best_epoch = now, moment.epoch
        # Neighbors differ by twice the variance of the noise, in the mean square.
        noise = math.sqrt(np.square(np.diff(values[-_WINDOW:])).mean() / 2)
        worse = now > max(1.1 * self._val_best, self._val_best + 3 * noise)
        worse = worse and min(lately) > 1.03 * self._val_best
        self._val_worse_in_a_row = self._val_worse_in_a_row + 1 if worse else 0
        return self._say_if(
            self._val_worse_in_a_row >= _SHORT_WINDOW,
            f"val L1 has turned: {self._val_best:.3g} around epoch {self._val_best_epoch}, {now:.3g} "
            "now. The generator memorizes the training images: test the best checkpoint "
            "(test.py --epoch best), or add images.",
        )

    def observe_outputs(self, samples: Mapping[str, Mapping[str, np.ndarray]]) -> list[str]:
        """Look at the fixed samples for a generator that copies its input.

        ``samples``: input's name -> label -> image, (H, W, 3) uint8 RGB.
        """
        change = _mean_distance(samples, "real_A", "fake_B")
        to_learn = _mean_distance(samples, "real_A", "real_B")
        same_pairs, copies = to_learn < 0.01, change < 0.02 and not to_learn < 0.05
        self._same_pairs_in_a_row = self._same_pairs_in_a_row + 1 if same_pairs else 0
        self._copies_in_a_row = self._copies_in_a_row + 1 if copies else 0
        return self._say_if(
            self._same_pairs_in_a_row >= 2,
            "input and target are the same image: the pairs hold nothing to learn. "
            "Look at the data set (--dataroot): it should hold photo | edges side by side.",
        ) + self._say_if(
            self._copies_in_a_row >= 2,
            f"the generator copies its input (mean difference {100 * change:.1f}% of the range). "
            "Check --direction, and that --lambda_L1 is not 0.",
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
        return self._say_if(
            min(sizes[-_SHORT_WINDOW:]) > max(floor, 20 * calmest),
            f"{name} explodes: {values[-1]:.3g} in epoch {moment.epoch}, it was {calmest:.3g}. "
            f"Lower --lr (now {moment.lr:.2g}), or try --amp fp32.",
        )

    def _discriminator_won(self, moment: Moment) -> list[str]:
        """Warn if the discriminator has been certain for an epoch or more and the generator has lost.

        A Wasserstein critic's losses have no level that is good or bad.
        """
        lost = _LOST_G_GAN.get(self._gan_mode, math.inf)
        needed = [self._recent.get(name, ()) for name in ("D_real", "D_fake", "G_GAN")]
        lasted = self._window_began_at[-1] - self._window_began_at[0]
        if min(map(len, needed)) < _WINDOW or lasted < moment.epoch_size:
            return []
        d_real, d_fake, g_gan = (median(list(values)[-_WINDOW:]) for values in needed)
        softer = "--gan_mode lsgan, " if self._gan_mode == "vanilla" else ""
        return self._say_if(
            max(d_real, d_fake) < _WON_D and g_gan > lost,
            f"the discriminator has won: D_real {d_real:.2g}, D_fake {d_fake:.2g}, G_GAN {g_gan:.2g}. "
            "The generator learns only from the L1 term. "
            f"Try {softer}a lower --lr_D, or more images.",
        )

    def _say_if(self, condition: bool, text: str) -> list[str]:
        """Return the text if the condition holds, the first time; its first words tell texts apart."""
        key = text.partition(":")[0].partition("(")[0]
        if not condition or key in self._said:
            return []
        self._said.add(key)
        return [text]


def check_batch_statistics(norm: str, crop_size: int, num_downs: int, batch_size: int) -> list[str]:
    """Warn about a U-Net layer normalized by the statistics of a single value, which makes it constant.

    The innermost map of a U-Net is not normalized (Isola et al. 2017, errata); the next one is, with a side
    of ``crop_size / 2**(num_downs - 1)``. Batch norm takes its statistics over this map and the batch,
    instance norm over this map only.
    """
    side = max(1, crop_size // 2 ** (num_downs - 1))
    values = side * side * (batch_size if norm == "batch" else 1)
    if norm not in ("batch", "instance") or values > 1:
        return []
    bigger = "a --batch_size above 1, " if norm == "batch" else ""
    return [
        f"{norm} statistics are of one pixel: {crop_size} px halved {num_downs - 1} times, batch size "
        f"{batch_size}. The generator's innermost layers are normalized to nothing. "
        f"Try {bigger}--netG unet_{2 ** max(7, num_downs - 1)}, or a --crop_size of {2 * crop_size}."
    ]


def _mean_distance(samples: Mapping[str, Mapping[str, np.ndarray]], first: str, second: str) -> float:
    """Mean absolute difference of two images, as a share of the range; NaN where nothing compares."""
    both = [(v[first], v[second]) for v in samples.values() if first in v and second in v]
    found = [np.abs(a.astype(np.int16) - b).mean() / 255 for a, b in both if a.shape == b.shape]
    return fmean(found) if found else math.nan
