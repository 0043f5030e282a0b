"""The web server for draw.py, which serves the page, prepares inputs and generates images."""

from __future__ import annotations

import json
from typing import Any

from scripts.drawing import ASSETS, example_drawings, stroke_scale
from scripts.drawing.generation import Generators
from scripts.drawing.limits import Gate, answering, read_body
from scripts.drawing.page import page_html, site_script
from scripts.drawing.uploads import (
    MOST_BYTES,
    examples_for,
    input_from_url,
    input_of_image,
    reads_heic,
    url_from_image,
)
from util.errors import UserError

MOST_SAMPLES = 8
MOST_INSIDE = 32
MOST_S = 20.0
_MOST_JSON_BYTES = 4 << 20


class Drawing:
    """The page's endpoints.

    Args:
        generators: the run's generators.
        most_inside: maximum number of requests that are admitted at the same time.
        most_s: maximum time for a request, in seconds.
    """

    def __init__(self, generators: Generators, most_inside: int = MOST_INSIDE, most_s: float = MOST_S):
        self.generators = generators
        self.make_input = generators.first.make_input
        self.side = self.make_input.size_px or 256
        self.gate = Gate(most_inside, most_s)

    def known(self) -> dict[str, Any]:
        """Return the page's data about the generator."""
        from data.choices import SINGLE_KINDS
        from data.single_input import COAT

        generators, architecture = self.generators, self.generators.first.architecture
        return {
            "name": generators.folder.name,
            "side": self.side,
            "scale": stroke_scale(self.side),
            "colors": self.make_input.takes_colors,
            "coat": COAT,
            "noise": bool(architecture.nz),
            "dropout": not architecture.no_dropout,
            "epoch": generators.epoch,
            "epochs": generators.epochs,
            "kinds": [kind for kind in SINGLE_KINDS if kind != "auto"],
            "heic": reads_heic(),
            "examples": examples_for(self.make_input, self.side, "draw/examples"),
        }

    async def lines(self, request: Any) -> Any:
        """Turn an image's bytes into the generator's input, and say how the image was read."""
        from starlette.responses import JSONResponse

        from data.choices import SINGLE_KINDS

        _check_type(request, "application/octet-stream")
        kind = request.query_params.get("kind", "auto")
        if kind not in SINGLE_KINDS:
            raise UserError(f"unknown kind {kind!r}: choose one of {', '.join(SINGLE_KINDS)}")
        data = await read_body(request, MOST_BYTES)
        made, found = await self.gate.run(lambda: input_of_image(data, self.make_input, self.side, kind))
        return JSONResponse({"input": url_from_image(made), "blank": not made.any(), **found})

    async def generate(self, request: Any) -> Any:
        """Generate images from an input and its settings."""
        from starlette.responses import JSONResponse

        _check_type(request, "application/json")
        body = await read_body(request, _MOST_JSON_BYTES)
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UserError("the drawing is not valid JSON") from error
        if not isinstance(asked, dict):
            raise UserError("the drawing must be a JSON object")
        return JSONResponse(await self.gate.run(lambda: self._generate(asked)))

    def _generate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Generate images from an input and return them as data URLs."""
        count = _whole(asked, "samples", 1, 1, MOST_SAMPLES)
        first = _whole(asked, "first", 0, 0, 10**6)
        epoch, dropout = str(asked.get("epoch", self.generators.epoch)), asked.get("dropout", True) is True
        made = input_from_url(asked.get("input"), (self.side, 2 * self.side))
        images = self.generators.generate(made, epoch=epoch, first=first, count=count, dropout=dropout)
        return {"images": [url_from_image(image) for image in images]}

    def application(self, hosts: list[str] | None) -> Any:
        """Build the ASGI application.

        Args:
            hosts: host names that requests may use, as a protection against DNS rebinding. None allows all.
        """
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.responses import Response
        from starlette.routing import Mount, Route
        from starlette.staticfiles import StaticFiles

        html = page_html(["server.js"], f"Draw an animal: {self.generators.folder.name}")
        known = site_script(self.known())
        examples = example_drawings(self.make_input.takes_colors)[0].parent
        routes = [
            Route("/draw/lines", answering(self.gate, self.lines), methods=["POST"]),
            Route("/draw/generate", answering(self.gate, self.generate), methods=["POST"]),
            Mount("/draw/examples", StaticFiles(directory=examples)),
            Route("/", lambda _: Response(html, media_type="text/html")),
            Route("/site.js", lambda _: Response(known, media_type="text/javascript")),
            Mount("/", StaticFiles(directory=ASSETS)),
        ]
        guards = [Middleware(TrustedHostMiddleware, allowed_hosts=hosts)] if hosts else []
        return Starlette(routes=routes, middleware=guards)


def _check_type(request: Any, wanted: str) -> None:
    """Require a content type that browsers do not let other sites send."""
    if request.headers.get("content-type", "").partition(";")[0] != wanted:
        raise UserError(f"the request must have the content type {wanted}")


def _whole(asked: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Read a whole number within bounds from a request."""
    value = asked.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UserError(f"{name} must be a whole number from {least} to {most}")
    return value
