"""The endpoints of the page besides Gradio's: edge maps of images, images of drawings, examples."""

from __future__ import annotations

import json
from typing import Any

from scripts.drawing import example_drawings, stroke_scale
from scripts.drawing.generation import Generators
from scripts.drawing.limits import Deadline, Gate, answering, read_body
from scripts.drawing.uploads import (
    MOST_BYTES,
    grey_from_url,
    lines_of_drawing,
    lines_of_image,
    url_from_image,
)
from util.errors import UserError

MOST_SAMPLES = 8
MOST_INSIDE = 32
MOST_S = 20.0
_MOST_JSON_BYTES = 4 << 20


class Drawing:
    """The endpoints that the page calls.

    Args:
        generators: the run's.
        most_inside: requests that may wait together.
        most_s: seconds that a request may take.
    """

    def __init__(self, generators: Generators, most_inside: int = MOST_INSIDE, most_s: float = MOST_S):
        self.generators = generators
        self.side = generators.opt.load_size
        self.gate = Gate(most_inside, most_s)

    async def lines(self, request: Any) -> Any:
        """Answer an image's bytes with its edge map."""
        from starlette.responses import JSONResponse

        if request.headers.get("content-type", "").partition(";")[0] != "application/octet-stream":
            raise UserError("send the image's bytes as application/octet-stream")
        data = await read_body(request, MOST_BYTES)
        lines, note = await self.gate.run(lambda: lines_of_image(data, self.generators.opt))
        return JSONResponse({"lines": url_from_image(lines), "note": note, "blank": not lines.any()})

    async def generate(self, request: Any) -> Any:
        """Answer a drawing and its settings with generated images."""
        from starlette.responses import JSONResponse

        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise UserError("send the drawing as application/json")
        body = await read_body(request, _MOST_JSON_BYTES)
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UserError("the drawing is no valid JSON") from error
        if not isinstance(asked, dict):
            raise UserError("the drawing must be a JSON object")
        return JSONResponse(await self.gate.run(lambda: self._generate(asked)))

    def _generate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Generate images and return them and the lines as data URLs; no images of a blank canvas."""
        deadline = Deadline(self.gate.most_s)
        count = _whole(asked, "samples", 1, 1, MOST_SAMPLES)
        first = _whole(asked, "first", 0, 0, 10**6)
        epoch = str(asked.get("epoch", self.generators.opt.epoch))
        dropout, thin = asked.get("dropout", True) is True, asked.get("thin", True) is True
        ink = grey_from_url(asked.get("ink"), self.side * stroke_scale(self.side), "ink")
        ready = grey_from_url(asked["lines"], self.side, "lines") if asked.get("lines") else None
        lines = lines_of_drawing(ink, ready, self.generators.opt, thin=thin)
        if not lines.any():
            return {"images": [], "lines": None}
        images = []
        for sample in range(first, first + count):
            deadline.check()
            images += self.generators.generate(lines, epoch=epoch, first=sample, dropout=dropout)
        return {"images": [url_from_image(image) for image in images], "lines": url_from_image(lines)}

    def routes(self) -> list[Any]:
        """Return the routes for an application to serve."""
        from starlette.responses import FileResponse, PlainTextResponse
        from starlette.routing import Route

        examples = {path.name: path for path in example_drawings()}

        async def example(request: Any) -> Any:
            path = examples.get(request.path_params["name"])
            return FileResponse(path) if path else PlainTextResponse("no such example", 404)

        return [
            Route("/draw/lines", answering(self.gate, self.lines), methods=["POST"]),
            Route("/draw/generate", answering(self.gate, self.generate), methods=["POST"]),
            Route("/draw/examples/{name}", example),
        ]


def _whole(asked: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Read a whole number within bounds from a request; raises `UserError`."""
    value = asked.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UserError(f"{name} must be a whole number from {least} to {most}")
    return value
