"""Limits that protect the server: request size, number of waiting requests, and waiting time."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from util.errors import UserError, one_line


class Refused(UserError):
    """A request exceeds a limit; ``status`` is the response's status code."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Gate:
    """Admits a limited number of requests for a limited time, and runs their jobs one by one in a thread.

    Args:
        most_inside: maximum number of admitted requests, including the one whose job is running.
        most_s: maximum time in seconds from a request's first byte to its response.
    """

    def __init__(self, most_inside: int, most_s: float):
        self.most_inside, self.most_s = most_inside, most_s
        self._inside = 0
        self._worker = ThreadPoolExecutor(1, "generate")

    async def admit(self, work: Awaitable[Any]) -> Any:
        """Do one request's work within the limits, and return its result.

        Raises:
            Refused: a limit was exceeded. A job that has not started yet is then dropped.
        """
        self._inside += 1
        try:
            if self._inside > self.most_inside:
                raise Refused(f"{self.most_inside} other requests are waiting: try again in a moment", 503)
            return await asyncio.wait_for(work, self.most_s)
        except (TimeoutError, asyncio.TimeoutError):  # noqa: UP041 (two classes before Python 3.11)
            raise Refused(f"it took longer than {self.most_s:g} s: try again, or request less", 503) from None
        finally:
            self._inside -= 1
            if inspect.iscoroutine(work):
                work.close()

    async def run(self, job: Callable[[], Any]) -> Any:
        """Run a job after the previous jobs, and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, job)


async def read_body(request: Any, most_bytes: int) -> bytes:
    """Read a request's body in parts, so that a false Content-Length cannot exceed the limit.

    If the body is too large, part of the rest is read and discarded, because browsers show no response until
    they have sent everything.

    Raises:
        Refused: the body is larger than ``most_bytes``.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= most_bytes:
            parts.append(part)
        if size > 8 * most_bytes:
            break
    if size > most_bytes:
        raise Refused(f"more than {most_bytes >> 20} MB were sent: choose a smaller image", 413)
    return b"".join(parts)


def answering(gate: Gate, handler: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    """Put an endpoint behind a gate. An error becomes a status code and ``{"error": one line}``."""
    from starlette.responses import JSONResponse

    async def answer(request: Any) -> Any:
        try:
            return await gate.admit(handler(request))
        except UserError as error:
            return JSONResponse({"error": one_line(error)}, getattr(error, "status", 400))
        except Exception:  # the server keeps running, and the terminal shows the error
            logging.getLogger("draw").exception("a request failed")
            return JSONResponse({"error": "the server failed: see the message in its terminal"}, 500)

    return answer
