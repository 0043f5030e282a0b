"""The training doctor: warns about failing runs. Each warning names an option to try and is given once.

False alarms are worse than no warnings. So a symptom must last, and the doctor is silent if a healthy run of
the same kind could look the same.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from statistics import fmean, median

from training.loggers.base import Moment

# Number of reports of losses and of validations for which a symptom must last.
_LOSSES, _VALIDATIONS = 50, 10
# Adversarial loss of a generator that no longer fools the discriminator: least squares tends to 1, hinge is
# beyond its margin, and cross-entropy gives each patch a probability below 5%. The losses of a Wasserstein
# critic have no good or bad level.
_LOST_G_GAN = {"lsgan": 0.8, "msgan": 0.8, "hinge": 0.8, "vanilla": 3.0}
_WON_D = 0.01


class TrainingDoctor:
    """Watches a run's numbers; every method returns the new warnings."""

    def __init__(self, *, gan_mode: str = "lsgan"):
        self._gan_mode = gan_mode
        self._said: set[str] = set()
        self._losses: deque[tuple[int, Mapping[str, float]]] = deque(maxlen=_LOSSES)
        self._l1: list[float] = []
        self._best_l1, self._best_epoch = math.inf, 0

    def observe_losses(self, moment: Moment, losses: Mapping[str, float]) -> list[str]:
        """Check for a discriminator that has been certain for an epoch or more."""
        self._losses.append((moment.total_iters, losses))
        lasted = moment.total_iters - self._losses[0][0]
        lost = _LOST_G_GAN.get(self._gan_mode, math.inf)
        names = ("D_real", "D_fake", "G_GAN")
        if len(self._losses) < _LOSSES or lasted < moment.epoch_size or not losses.keys() >= set(names):
            return []
        d_real, d_fake, g_gan = (median(seen[name] for _, seen in self._losses) for name in names)
        softer = "--gan_mode lsgan, " if self._gan_mode == "vanilla" else ""
        return self._say_if(
            "won",
            max(d_real, d_fake) < _WON_D and g_gan > lost,
            f"the discriminator has won: D_real {d_real:.2g}, D_fake {d_fake:.2g}, G_GAN {g_gan:.2g}. "
            f"The generator learns only from the L1 term. Try {softer}a lower --lr_D, or more images.",
        )

    def observe_validation(self, moment: Moment, metrics: Mapping[str, float]) -> list[str]:
        """Check for an L1 that stays more than a fifth above the lowest mean of five measurements."""
        self._l1.append(metrics["L1"])
        if len(self._l1) >= 5 and (now := fmean(self._l1[-5:])) < self._best_l1:
            self._best_l1, self._best_epoch = now, moment.epoch
        return self._say_if(
            "risen",
            len(self._l1) >= _VALIDATIONS and min(self._l1[-_VALIDATIONS:]) > 1.2 * self._best_l1,
            f"val L1 has risen: {self._best_l1:.3g} around epoch {self._best_epoch}, now "
            f"{self._l1[-1]:.3g}. The generator memorizes the training images: test the best checkpoint "
            "(test.py --epoch best), or add images.",
        )

    def _say_if(self, finding: str, condition: bool, text: str) -> list[str]:
        """Return the text of a finding if the condition holds, the first time."""
        if not condition or finding in self._said:
            return []
        self._said.add(finding)
        return [text]
