"""The training doctor, which warns about failing runs. Each warning suggests a remedy and is given only once.

False alarms are worse than missing warnings. A symptom must therefore persist, and the doctor ignores every
symptom that a healthy run with the same options could also have.
"""

import math
from collections import deque
from collections.abc import Mapping
from statistics import fmean, median

from training.loggers.base import Moment

# A symptom must persist for this number of loss reports or validations.
_LOSSES, _VALIDATIONS = 50, 10
# Above these G_GAN values, the generator no longer fools the discriminator. A Wasserstein critic has no
# such limit.
_LOST_G_GAN = {"lsgan": 0.8, "msgan": 0.8, "hinge": 0.8, "vanilla": 3.0}
_WON_D = 0.01


class TrainingDoctor:
    """Monitors a run's losses and metrics. Each method returns new warnings."""

    def __init__(self, *, gan_mode: str = "lsgan"):
        self._gan_mode = gan_mode
        self._said: set[str] = set()
        self._losses: deque[tuple[int, Mapping[str, float]]] = deque(maxlen=_LOSSES)
        self._l1: list[float] = []
        self._best_l1, self._best_epoch = math.inf, 0

    def observe_losses(self, moment: Moment, losses: Mapping[str, float]) -> list[str]:
        """Check whether the discriminator has won: for at least an epoch, the generator has not fooled it."""
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
            f"The generator learns only from the L1 loss. Try {softer}a lower --lr_D, or more images.",
        )

    def observe_validation(self, moment: Moment, metrics: Mapping[str, float]) -> list[str]:
        """Check whether L1 stays more than 20% above the lowest mean of five consecutive validations."""
        self._l1.append(metrics["L1"])
        if len(self._l1) >= 5 and (now := fmean(self._l1[-5:])) < self._best_l1:
            self._best_l1, self._best_epoch = now, moment.epoch
        return self._say_if(
            "risen",
            len(self._l1) >= _VALIDATIONS and min(self._l1[-_VALIDATIONS:]) > 1.2 * self._best_l1,
            f"the validation L1 has risen from {self._best_l1:.3g} around epoch {self._best_epoch} to "
            f"{self._l1[-1]:.3g}. The generator is memorizing the training images: test the best checkpoint "
            "(test.py --epoch best), or add images.",
        )

    def _say_if(self, finding: str, condition: bool, text: str) -> list[str]:
        """Return the text the first time a finding's condition is true."""
        if not condition or finding in self._said:
            return []
        self._said.add(finding)
        return [text]
