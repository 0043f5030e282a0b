"""pix2pix's visdom windows: loss curves, a grid of images, and the labels of its images."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from training.loggers.base import Logger, Moment

_CONNECT_TIMEOUT_S = 2.0
_SEND_TIMEOUT_S = 5.0


class VisdomLogger(Logger):
    """Draws into a visdom server that is already running; with ``resume``, continues its curves.

    Windows as in pix2pix: ``display_id`` holds the loss curves, and the next windows hold a grid of images,
        its labels, the validation curves, and the kernel distance, which has another scale.

    Raises:
        ConnectionError: no server answers, here or in any later call.
        ImportError: visdom is not installed.
    """

    def __init__(self, options: Mapping[str, Any], *, resume: bool = False):
        self._name, self._window = options["name"], options["display_id"]
        self._ncols, self._winsize_px = options["display_ncols"], options["display_winsize"]
        server, port = options["display_server"], options["display_port"]
        self._address = f"{server}:{port}"
        with self._quiet():
            host = urlsplit(server if "//" in server else "http://" + server).hostname or server
            # Check for a server before importing visdom, which takes a second.
            socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
            import visdom

            class Client(visdom.Visdom):
                """Visdom's client with a time limit: the original waits forever for a hung server."""

                def _handle_post(self, url: str, data: object = None) -> str:
                    post = self.session.post  # type: ignore[attr-defined]
                    answer = post(url, data=data or {}, timeout=_SEND_TIMEOUT_S)
                    answer.raise_for_status()
                    return answer.text

            self._client = Client(
                server=server, port=port, env=options["display_env"], raise_exceptions=True,
                use_incoming_socket=False,
            )  # fmt: skip
            curves = [self._window, self._window + 3, self._window + 4]
            self._drawn = {window for window in curves if resume and self._client.win_exists(str(window))}

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Add a point to each curve."""
        if kind == "losses":
            self._add_points(self._window, "loss over time", moment, values)
            return
        large = {name: value for name, value in values.items() if name.startswith("KD")}
        small = {name: value for name, value in values.items() if name not in large}
        self._add_points(self._window + 3, "validation", moment, small)
        self._add_points(self._window + 4, "validation kernel distance x1000", moment, large)

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Show the images, all of one size, in a grid."""
        columns = min(self._ncols, len(visuals))
        grid = np.stack([image.transpose(2, 0, 1) for image in visuals.values()])
        title, rows = f"{self._name} epoch {moment.epoch}", -(-len(grid) // columns)
        options = {"title": title, "width": columns * self._winsize_px, "height": rows * self._winsize_px}
        with self._quiet():
            self._client.images(grid, nrow=columns, win=str(self._window + 1), padding=2, opts=options)
            labels, options = " · ".join(visuals), {"title": title + " labels"}
            self._client.text(labels, win=str(self._window + 2), opts=options)

    def _add_points(self, window: int, title: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Append to the curves of one window, one trace per name."""
        for name, value in values.items():
            options = {"title": f"{self._name} {title}", "xlabel": "epoch", "showlegend": True}
            is_new = window not in self._drawn
            with self._quiet():
                self._client.line(
                    X=np.array([moment.epochs_done]), Y=np.array([value]), win=str(window), name=name,
                    update=None if is_new else "append",
                    opts=options | {"legend": [name]} if is_new else options,
                )  # fmt: skip
            self._drawn.add(window)

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        """Keep visdom's own output off the screen, and turn its many errors into a short one."""
        logger = logging.getLogger("visdom")
        before = logger.level
        logger.setLevel(logging.CRITICAL + 1)
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                yield
        except OSError as error:  # errors of requests are OSErrors, too
            raise ConnectionError(f"no visdom server answers at {self._address}") from error
        finally:
            logger.setLevel(before)
