"""Running an alternative in its own process, so that process-wide settings do not affect the others."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from util.errors import UserError


class StepsInProcess:
    """Runs callables in another process, one at a time, while this one waits.

    Args:
        make: a function of a module, which the process calls once for its named callables.
        args: its arguments, picklable.

    Raises:
        UserError: the process ended.
    """

    def __init__(self, make: Callable[..., Mapping[str, Callable[[], object]]], *args: Any):
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make, args))
        self._process.start()
        theirs.close()
        self.names: list[str] = self._receive()

    def __enter__(self) -> StepsInProcess:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._line.close()
        self._process.join(5)
        self._process.terminate()

    def steps(self) -> dict[str, Callable[[], object]]:
        """Return the callables by name; calling one returns when the process has done it."""
        return {name: partial(self._call, name) for name in self.names}

    def _call(self, name: str) -> None:
        self._line.send(name)
        self._receive()

    def _receive(self) -> Any:
        try:
            return self._line.recv()
        except EOFError as error:
            raise UserError("the benchmark's second process ended; its output is above") from error


def _serve(line: Connection, make: Callable[..., Mapping[str, Callable[[], object]]], args: tuple) -> None:
    """Make the callables in this process and call them by name until the line closes."""
    steps = make(*args)
    line.send(list(steps))
    try:
        while True:
            steps[line.recv()]()
            line.send(None)
    except (EOFError, KeyboardInterrupt):
        return
