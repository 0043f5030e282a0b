"""What keeps a page alive whatever it is sent: bounded bodies, a bounded queue, a bounded wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from util.errors import UserError, one_line


class Busy(UserError):
    """The queue is full, or the wait in it took too long."""


class Gate:
    """Runs one job at a time in a thread of its own; the others wait, a bounded number for a bounded time.

    Args:
        most_waiting: jobs that may wait beside the one that runs.
        most_s: seconds that a job may wait and run together.
    """

    def __init__(self, most_waiting: int, most_s: float):
        self.most_waiting, self.most_s = most_waiting, most_s
        self._inside = 0
        self._worker = ThreadPoolExecutor(1, "generate")

    async def run(self, job: Callable[[], Any]) -> Any:
        """The job's result.

        Raises:
            Busy: too many wait, or the time is over; a job that waits is dropped then.
        """
        if self._inside > self.most_waiting:
            raise Busy(f"{self._inside} others are waiting: try again in a moment")
        self._inside += 1
        loop = asyncio.get_running_loop()
        future = self._worker.submit(job)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._count_out))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.most_s)
        except (TimeoutError, asyncio.TimeoutError):  # noqa: UP041 (two classes before Python 3.11)
            raise Busy(f"it took longer than {self.most_s:g} s: try again, or ask for less") from None

    def _count_out(self) -> None:
        """A job has finished or was dropped; called on the event loop's thread."""
        self._inside -= 1


class Deadline:
    """Seconds that a job has, asked after between its steps.

    Args:
        seconds: from now.
    """

    def __init__(self, seconds: float):
        self.seconds, self._end = seconds, time.monotonic() + seconds

    def check(self) -> None:
        """Raise `Busy` when the time is over."""
        if time.monotonic() > self._end:
            raise Busy(f"it took longer than {self.seconds:g} s: try again, or ask for less")


class TooLarge(UserError):
    """A request's body is over the limit."""


async def read_body(request: Any, most_bytes: int) -> bytes:
    """A request's body, read piece by piece so that a lie about its length gains nothing.

    What is too long is read on for a while without being kept: browsers show no answer before they sent all.

    Raises:
        TooLarge: it is longer than ``most_bytes``.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= most_bytes:
            parts.append(part)
        else:
            parts.clear()
        if size > 8 * most_bytes:
            break
    if size > most_bytes:
        raise TooLarge(f"more than {most_bytes >> 20} MB were sent: choose a smaller image")
    return b"".join(parts)


def answering(handler: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    """An endpoint that answers every error with a status and one line, ``{"error": ...}``."""
    from starlette.responses import JSONResponse

    async def answer(request: Any) -> Any:
        try:
            return await handler(request)
        except UserError as error:
            status = 503 if isinstance(error, Busy) else 413 if isinstance(error, TooLarge) else 400
            return JSONResponse({"error": one_line(error)}, status)
        except Exception:  # the page lives on; the terminal says what is wrong
            logging.getLogger("draw").exception("a request failed")
            return JSONResponse({"error": "this failed on the server: its terminal says why"}, 500)

    return answer


class Guard:
    """ASGI middleware: requests to Gradio's own upload and queue end here, as the page needs neither.

    Args:
        app: what answers the other requests.
    """

    REFUSED = ("/gradio_api/upload", "/gradio_api/queue", "/gradio_api/run", "/gradio_api/call",
               "/gradio_api/api", "/gradio_api/component_server")  # fmt: skip

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 404 to what is refused, hand on the rest with headers that keep the page to itself."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(self.REFUSED):
            from starlette.responses import PlainTextResponse

            await PlainTextResponse("not here", 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)
