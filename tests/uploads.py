"""Typical uploads of different kinds, made from the repository's drawings and photos."""

import io

import cv2
import numpy as np
from conftest import ROOT
from PIL import Image

from data.edges import lineart_edges


def uploads():
    """Return the uploads: name with extension -> the file's bytes."""
    lines, colored, photo = (
        np.asarray(Image.open(ROOT / path).convert("RGB"))
        for path in (
            "datasets/drawings/griffin.png", "datasets/colored_drawings/griffin.png",
            "results/animals/collages_latest/images/capricorn_0001_real_B.jpg",
        )
    )  # fmt: skip
    other, cow = (
        np.asarray(Image.open(ROOT / f"datasets/{path}.png").convert("RGB"))
        for path in ("drawings/chimera", "colored_drawings/cow")
    )
    white = {"constant_values": 255}
    edges = lineart_edges(np.ascontiguousarray(lines[..., ::-1]))
    silhouette = cv2.morphologyEx(255 - colored.min(2), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 25
    ground = [np.where(image.min(2) > 250, 0, 255).astype(np.uint8) for image in (colored, photo)]
    blocks = np.where(ground[1][..., None], photo, photo[::96, ::96].repeat(96, 0).repeat(96, 1))
    around = cv2.dilate(255 - lines.min(2), np.ones((9, 9), np.uint8))

    def scaled(image, px):
        how = cv2.INTER_AREA if px < image.shape[0] else cv2.INTER_CUBIC
        return cv2.resize(image, (px, px), interpolation=how)

    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright
    made = {
        "lines.png": lines, "lines.jpg": (lines, {"quality": 80}),
        "lines gray.png": Image.fromarray(lines).convert("L"),
        "lines black and white.png": Image.fromarray(lines).convert("1", dither=Image.Dither.NONE),
        "lines palette.gif": other, "lines.webp": (other, {"quality": 90}), "lines.bmp": other,
        "lines wide.png": np.pad(lines[100:400], ((0, 0), (30, 60), (0, 0)), **white),
        "lines tall.jpg": np.pad(other[:, 90:430], ((60, 90), (0, 0), (0, 0)), **white),
        "lines small.png": scaled(lines, 140), "lines large.png": scaled(lines, 1800),
        "lines in a corner.png": np.pad(scaled(other, 260), ((500, 60), (700, 90), (0, 0)), **white),
        "lines turned.jpg": (other, {"exif": turned, "quality": 92}),
        "lines tinted.png": (lines * (np.array([250, 240, 205]) / 255)).astype(np.uint8),
        "lines board.png": np.clip(30 + (255 - lines.astype(int)) * 0.8, 0, 255).astype(np.uint8),
        "lines transparent.png": np.dstack([lines, around]),
        "silhouette.png": np.where(silhouette[..., None], np.uint8(20), np.uint8(255)).repeat(3, 2),
        "colored.png": colored, "colored.jpg": (colored, {"quality": 85}), "colored few.png": cow,
        "colored transparent.png": np.dstack([colored, ground[0]]),
        "colored wide.png": np.pad(colored[60:440], ((0, 0), (90, 130), (0, 0)), **white),
        "colored small.png": scaled(colored, 170),
        "colored large.jpg": (scaled(colored, 1600), {"quality": 92}),
        "colored turned.jpg": (colored, {"exif": turned, "quality": 92}),
        "photo.jpg": (photo, {"quality": 92}), "photo gray.jpg": Image.fromarray(photo).convert("L"),
        "photo transparent.png": np.dstack([photo, ground[1]]), "photo on blocks.png": blocks,
        "edge map.png": edges, "edge map wide.png": 255 - edges[100:400],
    }  # fmt: skip
    assert len(made) == 31
    return {name: _encoded(name, value) for name, value in made.items()}


def _encoded(name, value):
    image, options = value if isinstance(value, tuple) else (value, {})
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    kind = name.rsplit(".", 1)[1].upper().replace("JPG", "JPEG")
    image.save(buffer, kind, **options)
    return buffer.getvalue()
