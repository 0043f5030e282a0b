"""The learning rate as a function of the epoch."""

import math
from typing import Any

LR_POLICIES = ("linear", "step", "plateau", "cosine")
_STEP_FACTOR, _PLATEAU_FACTOR, _PLATEAU_PATIENCE, _PLATEAU_THRESHOLD = 0.1, 0.2, 5, 0.01


class LearningRate:
    """The factor by which the learning rate is multiplied in each epoch. Epochs are counted from 1.

    - ``linear``: the factor is 1 for n_epochs. It then decreases by ``1 / (n_epochs_decay + 1)`` per epoch.
    - ``step``: the factor is divided by ten after every ``decay_epochs`` epochs.
    - ``cosine``: the factor follows half a cosine over all epochs.
    - ``plateau``: the factor is divided by five when the validation value has not improved by 1% in six
      consecutive measurements. Only this policy has state.
    """

    def __init__(self, policy: str, n_epochs: int, n_epochs_decay: int, decay_epochs: int = 50):
        self.policy, self.n_epochs, self.n_epochs_decay = policy, n_epochs, n_epochs_decay
        self.decay_epochs = decay_epochs
        self._plateau: dict[str, Any] = {"factor": 1.0, "best": math.inf, "bad": 0}

    def factor(self, epoch: int) -> float:
        """Return the factor for an epoch, in [0, 1]."""
        if self.policy == "linear":
            return 1 - max(0, epoch - self.n_epochs) / (self.n_epochs_decay + 1)
        if self.policy == "step":
            return _STEP_FACTOR ** ((epoch - 1) // self.decay_epochs)
        if self.policy == "cosine":
            return (1 + math.cos(math.pi * (epoch - 1) / (self.n_epochs + self.n_epochs_decay))) / 2
        return self._plateau["factor"]

    def observe(self, value: float) -> None:
        """Record a validation value, which only ``plateau`` uses. Lower values are better."""
        state = self._plateau
        if value < state["best"] * (1 - _PLATEAU_THRESHOLD):
            state["best"], state["bad"] = value, 0
            return
        state["bad"] += 1
        if state["bad"] > _PLATEAU_PATIENCE:
            state["factor"], state["bad"] = state["factor"] * _PLATEAU_FACTOR, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a resumed run needs."""
        return dict(self._plateau)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned."""
        self._plateau = dict(state)
