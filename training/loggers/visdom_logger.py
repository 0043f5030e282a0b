"""pix2pix's visdom windows: loss curves, a grid of images, and the labels of its images."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np

from training.loggers.base import Logger, Moment

_CONNECT_TIMEOUT_S = 2.0
_SEND_TIMEOUT_S = 5.0


class VisdomLogger(Logger):
    """Draws into a visdom server that is already running; it never starts one.

    Windows as in pix2pix: `display_id` holds the loss curves, `display_id + 1` the images in a
    grid, `display_id + 2` their labels, `display_id + 3` the validation curves, `display_id + 4` those of
    the kernel distance, whose scale is another. Each report sends one point, not the history.

    Raises:
        ConnectionError: no server answers, from the constructor or later from any call.
        ImportError: visdom is not installed.
    """

    def __init__(
        self,
        *,
        name: str,
        display_id: int,
        server: str = "http://localhost",
        port: int = 8097,
        env: str = "main",
        winsize_px: int = 256,
        ncols: int = 4,
        resume: bool = False,
    ) -> None:
        """Connect; on resume, continue the curves that the server still has."""
        self._name, self._window, self._ncols, self._winsize_px = name, display_id, ncols, winsize_px
        host = urlsplit(server if "//" in server else "http://" + server).hostname or server
        self._address = f"{server}:{port}"
        self._curves = (str(display_id), str(display_id + 3), str(display_id + 4))
        with self._one_error():
            # Before importing visdom, which takes a second: is anybody there?
            socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
        with _quiet():
            import visdom

            class Client(visdom.Visdom):
                """Visdom's client with a time limit; the original waits for a stuck server forever."""

                def _handle_post(self, url: str, data: object = None) -> str:
                    """Post within the limit."""
                    post = self.session.post  # type: ignore[attr-defined]
                    answer = post(url, data=data or {}, timeout=_SEND_TIMEOUT_S)
                    answer.raise_for_status()
                    return answer.text

            with self._one_error():
                self._client = Client(
                    server=server, port=port, env=env, raise_exceptions=True, use_incoming_socket=False
                )
                self._drawn = {
                    window for window in self._curves if resume and self._client.win_exists(window)
                }

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Add a point to each loss curve."""
        self._add_points(self._curves[0], f"{self._name} loss over time", "loss", moment, losses)

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Add a point to each validation curve."""
        large = {name: value for name, value in metrics.items() if name in ("KD", "KD_se")}
        small = {name: value for name, value in metrics.items() if name not in large}
        self._add_points(self._curves[1], f"{self._name} validation", "value", moment, small)
        title = f"{self._name} validation kernel distance"
        self._add_points(self._curves[2], title, "x1000", moment, large)

    def samples(self, moment: Moment, visuals: dict[str, np.ndarray]) -> None:
        """Show the images, in a grid or each in its window."""
        if not visuals:
            return
        with self._one_error(), _quiet():
            if self._ncols <= 0:
                for place, (label, image) in enumerate(visuals.items(), start=1):
                    window = str(self._window + place)
                    self._client.image(image.transpose(2, 0, 1), win=window, opts={"title": label})
                return
            columns = min(self._ncols, len(visuals))
            height, width = np.max([image.shape[:2] for image in visuals.values()], axis=0)
            grid = np.full((len(visuals), 3, height, width), 255, np.uint8)
            for cell, image in zip(grid, visuals.values(), strict=True):
                cell[:, : image.shape[0], : image.shape[1]] = image.transpose(2, 0, 1)
            title = f"{self._name} epoch {moment.epoch}"
            scale = self._winsize_px / max(height, width)
            options = {
                "title": title,
                "width": int(width * columns * scale) + 20,
                "height": int(height * -(-len(visuals) // columns) * scale) + 40,
            }
            self._client.images(grid, nrow=columns, win=str(self._window + 1), padding=2, opts=options)
            labels = " · ".join(visuals)
            self._client.text(labels, win=str(self._window + 2), opts={"title": title + " labels"})

    def _add_points(
        self, window: str, title: str, unit: str, moment: Moment, values: dict[str, float]
    ) -> None:
        """Append to the curves of one window, one trace per name."""
        options = {"title": title, "xlabel": "epoch", "ylabel": unit, "showlegend": True}
        with self._one_error(), _quiet():
            for name, value in values.items():
                self._client.line(
                    X=np.array([moment.epochs_done]),
                    Y=np.array([value]),
                    win=window,
                    name=name,
                    update="append" if window in self._drawn else None,
                    opts={**options, "legend": [name]} if window not in self._drawn else options,
                )
                self._drawn.add(window)

    @contextlib.contextmanager
    def _one_error(self) -> Iterator[None]:
        """Turn the many ways in which a server can be missing into one short error."""
        try:
            yield
        except OSError as error:  # requests' errors are OSErrors too
            raise ConnectionError(f"no visdom server answers at {self._address}") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep visdom's prints, log and warnings off the screen; its errors are still raised."""
    logger = logging.getLogger("visdom")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
