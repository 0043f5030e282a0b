"""pix2pix's visdom windows, which show loss curves, an image grid, and the image labels."""

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
    """Sends curves and images to a running visdom server. With ``resume``, existing curves are continued.

    As in pix2pix, window ``display_id`` shows the loss curves. The next windows show a grid of images, their
    labels, the validation curves, and the kernel distance curve, whose scale is different.

    Raises:
        ConnectionError: no server answers. Later method calls can raise this error, too.
        ImportError: visdom is not installed.
    """

    def __init__(self, options: Mapping[str, Any], *, resume: bool = False):
        self._name, self._window = options["name"], options["display_id"]
        self._ncols, self._winsize_px = options["display_ncols"], options["display_winsize"]
        server, port = options["display_server"], options["display_port"]
        self._address = f"{server}:{port}"
        with self._quiet():
            host = urlsplit(server if "//" in server else "http://" + server).hostname or server
            # Check for a server first, because importing visdom takes a second.
            socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
            import visdom

            class Client(visdom.Visdom):
                """Visdom's client with a time limit. The original waits forever if the server hangs."""

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
        for name, value in values.items():
            if kind == "losses":
                self._add_point(self._window, "loss over time", moment, name, value)
            elif name.startswith("KD"):
                self._add_point(self._window + 4, "validation kernel distance x1000", moment, name, value)
            else:
                self._add_point(self._window + 3, "validation", moment, name, value)

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Show the images, which all have the same size, in a grid."""
        columns = min(self._ncols, len(visuals))
        grid = np.stack([image.transpose(2, 0, 1) for image in visuals.values()])
        title, rows = f"{self._name} epoch {moment.epoch}", -(-len(grid) // columns)
        options = {"title": title, "width": columns * self._winsize_px, "height": rows * self._winsize_px}
        with self._quiet():
            self._client.images(grid, nrow=columns, win=str(self._window + 1), padding=2, opts=options)
            labels, options = " · ".join(visuals), {"title": title + " labels"}
            self._client.text(labels, win=str(self._window + 2), opts=options)

    def _add_point(self, window: int, title: str, moment: Moment, name: str, value: float) -> None:
        options = {"title": f"{self._name} {title}", "xlabel": "epoch", "showlegend": True}
        is_new = window not in self._drawn
        with self._quiet():
            self._client.line(
                X=np.array([moment.epochs_done]), Y=np.array([value]), win=str(window), name=name,
                update=None if is_new else "append", opts=options | {"legend": [name]} if is_new else options,
            )  # fmt: skip
        self._drawn.add(window)

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        """Suppress visdom's own output, and shorten its connection error messages."""
        logger = logging.getLogger("visdom")
        before = logger.level
        logger.setLevel(logging.CRITICAL + 1)
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                yield
        except OSError as error:  # errors from the requests package are OSErrors, too
            raise ConnectionError(f"no visdom server answers at {self._address}") from error
        finally:
            logger.setLevel(before)
