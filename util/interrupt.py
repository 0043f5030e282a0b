"""Ctrl-C and SIGTERM as requests to stop at the next safe moment."""

from __future__ import annotations

import signal
from types import FrameType

from util import distributed

# Processes on GPUs check with each other only every so many updates, because it waits for the device.
_UPDATES_BETWEEN_QUESTIONS = 16


class StopRequest:
    """Within its block, the first Ctrl-C or SIGTERM is only recorded; a second Ctrl-C interrupts at once.

    Attributes:
        signal_name: name of the signal that came, or None.
    """

    def __init__(self) -> None:
        self.signal_name: str | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> StopRequest:
        """Install the signal handlers."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Restore the previous handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        """Whether to stop."""
        return self.signal_name is not None

    def reached(self, update: int, device: str) -> bool:
        """Whether any process was asked to stop; all processes get the same answer at the same update."""
        alone = distributed.rank_and_size()[1] == 1
        asks = alone or device == "cpu" or update % _UPDATES_BETWEEN_QUESTIONS == 0
        return asks and distributed.any_process(bool(self), device)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Record the first signal; pass a second one on."""
        if self.signal_name is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal_name = signal.Signals(number).name
