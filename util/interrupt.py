"""Ctrl-C and SIGTERM as requests to stop at the next safe moment."""

import signal
from types import FrameType

from util import distributed

# On GPUs, the number of updates between exchanges of stop requests. Each exchange has to wait for the GPUs.
_UPDATES_BETWEEN_QUESTIONS = 16


class StopRequest:
    """A context manager that stores the first Ctrl-C or SIGTERM; a second Ctrl-C interrupts at once.

    The attribute ``signal_name`` is the name of the stored signal, or None.
    """

    def __init__(self) -> None:
        self.signal_name: str | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        """Install the signal handlers."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Restore the previous handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        """Return whether this process was asked to stop."""
        return self.signal_name is not None

    def reached(self, update: int, device: str) -> bool:
        """Return whether any process was asked to stop. The answer is the same in all processes."""
        alone = distributed.rank_and_size()[1] == 1
        asks = alone or device == "cpu" or update % _UPDATES_BETWEEN_QUESTIONS == 0
        return asks and distributed.any_process(bool(self), device)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal_name is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal_name = signal.Signals(number).name
