"""Join parts of photos so that their shapes match at the cut and their colors match around it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from scripts.collages.animals import Animal, part_weight, rest_weight, seam_coordinates, seed_of, smoothstep

CANVAS_PX = 720
BODY_PX = 300  # longer side of the body on the canvas
_SPECK = 0.004  # detached pieces smaller than this fraction of the collage are leftovers of a cut


def length(vector: np.ndarray) -> float:
    """Return a vector's length."""
    return float(np.linalg.norm(vector))


def over(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Put one premultiplied RGBA layer over another."""
    return top + bottom * (1 - top[..., 3:])


def warp(pixels: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Map a premultiplied layer to the canvas by a (2, 3) matrix, without aliasing."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.8:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        matrix = np.column_stack([matrix[:, :2] / scale, matrix[:, 2]])
    drawn = cv2.warpAffine(pixels, matrix, (CANVAS_PX, CANVAS_PX), flags=cv2.INTER_CUBIC)
    drawn[..., 3] = np.clip(drawn[..., 3], 0, 1)
    drawn[..., :3] = np.clip(drawn[..., :3], 0, drawn[..., 3:])
    return drawn


def warp_weight(weight: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Warp weights, (H, W), onto the canvas, (CANVAS_PX, CANVAS_PX, 1). The rest of the canvas is 1."""
    return cv2.warpAffine(weight, matrix, (CANVAS_PX, CANVAS_PX), borderValue=1)[..., None]


def transform(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Map points, (N, 2), by a (2, 3) matrix."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def fit(
    source: np.ndarray, target: np.ndarray, *, scale: float = 1, turn: float = 0, most: float = np.pi
) -> np.ndarray:
    """Return the (2, 3) matrix that maps one segment to another.

    Args:
        source, target: the segments, (2, 2).
        scale: factor for the length of the result.
        turn: additional rotation in radians.
        most: maximum rotation of the source towards the direction of the target, in radians.
    """
    a, b = source[1] - source[0], target[1] - target[0]
    angle = np.arctan2(a[0] * b[1] - a[1] * b[0], np.dot(a, b))
    angle = np.clip(angle, -most, most) + turn
    size = scale * length(b) / length(a)
    linear = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([linear, target.mean(0) - linear @ source.mean(0)])


def to_lab(layer: np.ndarray) -> np.ndarray:
    """Return a premultiplied layer's Lab colors."""
    return cv2.cvtColor(layer[..., :3] / np.maximum(layer[..., 3:], 1e-3), cv2.COLOR_RGB2LAB)


def shift_color(layer: np.ndarray, shift: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Add a Lab color, multiplied by weights (H, W), to a premultiplied layer."""
    rgb = cv2.cvtColor((to_lab(layer) + shift * weight[..., None]).astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.dstack([np.clip(rgb, 0, 1) * layer[..., 3:], layer[..., 3]])


@dataclass
class Collage:
    """A body on a canvas, with layers behind it and in front of it."""

    animal: Animal
    rng: np.random.Generator
    behind: list[np.ndarray] = field(default_factory=list)
    front: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put the body in the middle of the canvas."""
        height, width = self.animal.pixels.shape[:2]
        scale = BODY_PX / max(height, width)
        corner = np.array([CANVAS_PX - scale * width, CANVAS_PX * 1.15 - scale * height]) / 2
        self.matrix = np.column_stack([np.eye(2) * scale, corner])
        self.body = warp(self.animal.pixels, self.matrix)

    def at(self, mark: str) -> np.ndarray:
        """Return a landmark's points on the canvas."""
        return transform(self.animal.marks[mark], self.matrix)

    def jitter(self, amount: float) -> float:
        """Return a random number in [-amount, amount]."""
        return float(self.rng.uniform(-amount, amount))

    def remove(self, mark: str, fade: float) -> None:
        """Cut off the body part at a landmark."""
        self.body = self.body * warp_weight(rest_weight(self.animal, mark, fade), self.matrix)

    def swap(
        self, mark: str, animal: Animal, cut: str, *, reach: float, most: float, match: float, most_px: float
    ) -> None:
        """Replace the body part at a landmark with a part from another animal.

        Args:
            mark: the body's landmark.
            animal, cut: the other animal and its landmark.
            reach: how far the part overlaps the body, in seam lengths.
            most: maximum rotation of the part, in radians.
            match: strength of color matching at the seam, from 0 to 1.
            most_px: maximum length of the part, from the seam to its farthest landmark.
        """
        source, target, side = animal.marks[cut][:2], self.at(mark)[:2], seed_of(animal, cut)
        reached = length(side - source.mean(0)) / length(source[1] - source[0])
        fitting = most_px / (reached * length(target[1] - target[0]))
        scale = min(1.04 * (1 + self.jitter(0.05)), fitting)
        matrix = fit(source, target, scale=scale, turn=self.jitter(0.08), most=most)
        part = warp(animal.pixels * part_weight(animal, cut, reach)[..., None], matrix)
        seam, side = transform(source, matrix), transform(side[None], matrix)[0]
        # On the body's side of the seam, show the part only inside the body.
        across, _ = seam_coordinates(part.shape[:2], seam, side)
        part *= np.maximum(self.body[..., 3], smoothstep((across + 0.12) / 0.12))[..., None]
        self.body = self.body * warp_weight(rest_weight(self.animal, mark, 0.25), self.matrix)
        self.body, part = match_colors(self.body, part, seam, side, match)
        self.front.append(part)

    def add_behind(self, animal: Animal, mark: str, matrix: np.ndarray, shade: float = 1) -> None:
        """Add a part behind the body. A (2, 3) matrix maps the part to the canvas."""
        part = warp(animal.pixels * part_weight(animal, mark, 0.25)[..., None], matrix)
        part[..., :3] *= shade
        self.behind.append(part)

    def add_wing(self, bird: Animal, which: int, *, far: bool, length_px: float, turn: float) -> None:
        """Add a wing.

        Args:
            bird, which: the animal with the wing, and the index of the wing.
            far: whether to put the wing behind the body, a little forward and darker.
            length_px: length from the root to the tip.
            turn: additional rotation in radians.
        """
        outline, root, flip = bird.wings[which]
        mask = cv2.fillPoly(np.zeros(bird.pixels.shape[:2], np.uint8), [np.rint(outline).astype(np.int32)], 1)
        tip = outline[np.argmax(np.linalg.norm(outline - root.mean(0), axis=1))]
        size = length_px / length(tip - root.mean(0))
        across, _ = seam_coordinates(mask.shape, root, tip)
        across_px = across * length(root[1] - root[0]) * size
        weight = mask * smoothstep((across_px + 14) / 18)
        place = self.at("wings")
        if far:
            place = place + (place[0] - place[1]) * 0.35 + [0, -4]
        upright = root * [1, -1] if flip else root
        scale = size * length(root[1] - root[0]) / length(place[1] - place[0])
        matrix = fit(upright, place, scale=scale, turn=turn)
        matrix[:, 2] += place[0] - transform(upright[:1], matrix)[0]  # the fronts of the roots meet
        matrix = matrix * [1, -1, 1] if flip else matrix
        wing = warp(bird.pixels * weight[..., None].astype(np.float32), matrix)
        if far:
            wing[..., :3] *= 0.8
            self.behind.append(wing)
            return
        seam = transform(root, matrix)
        self.cast_shadow(wing[..., 3])
        self.body, wing = match_colors(self.body, wing, seam, transform(tip[None], matrix)[0], 0.5)
        self.front.append(wing)

    def cast_shadow(self, alpha: np.ndarray) -> None:
        """Darken the body under a layer in front of it; ``alpha``, (H, W), is that layer's alpha."""
        moved = np.roll(cv2.GaussianBlur(alpha, (0, 0), 5), 7, axis=0)
        self.body[..., :3] *= 1 - 0.3 * moved[..., None]

    def flatten(self) -> np.ndarray:
        """Return the collage, (h, w, 4) uint8 RGBA, with a narrow margin."""
        canvas = np.zeros((CANVAS_PX, CANVAS_PX, 4), np.float32)
        for layer in [*self.behind, self.body, *self.front]:
            canvas = over(layer, canvas)
        _, parts, sizes, _ = cv2.connectedComponentsWithStats((canvas[..., 3] > 0.03).astype(np.uint8))
        specks = np.flatnonzero(sizes[:, cv2.CC_STAT_AREA] < _SPECK * canvas[..., 3].sum())
        canvas[np.isin(parts, [0, *specks])] = 0
        alpha = canvas[..., 3:]
        rgb = canvas[..., :3] / np.maximum(alpha, 1e-4)
        rgba = np.rint(np.clip(np.dstack([rgb, alpha]), 0, 1) * 255).astype(np.uint8)
        ys, xs = np.nonzero(rgba[..., 3])
        return rgba[max(ys.min() - 4, 0) : ys.max() + 5, max(xs.min() - 4, 0) : xs.max() + 5]


def match_colors(
    body: np.ndarray, part: np.ndarray, seam: np.ndarray, side: np.ndarray, amount: float
) -> tuple[np.ndarray, np.ndarray]:
    """Shift the colors of two layers towards each other around their seam; ``amount`` is from 0 to 1."""
    across, along = seam_coordinates(body.shape[:2], seam, side)
    slab = (along > 0) & (along < 1)
    of_body = slab & (across > -0.5) & (across < 0.05) & (body[..., 3] > 0.9)
    of_part = slab & (across > -0.05) & (across < 0.5) & (part[..., 3] > 0.9)
    if not (of_body.any() and of_part.any()):
        return body, part
    shift = np.clip(to_lab(body)[of_body].mean(0) - to_lab(part)[of_part].mean(0), -35, 35) * amount
    near = np.exp(-(np.hypot(across, along - 0.5) ** 2) / 0.8)
    return shift_color(body, shift, -0.35 * near), shift_color(part, shift, 0.65 * near)
