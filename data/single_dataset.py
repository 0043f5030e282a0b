"""Lone pictures: edge maps ready to be painted, or anything else, whose edges are then extracted."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections import Counter
from typing import Any

import numpy as np

from data.base_dataset import BaseDataset, find_samples
from data.choices import INPUT_KINDS
from data.transforms import with_channels
from util.errors import UserError
from util.image import UnreadablePicture, read_rgb, resize


class SingleDataset(BaseDataset):
    """Each picture by itself, as the generator's input.

    What is an edge map already is taken as it is; a photo or an illustration is made square, and its edges
    are extracted, by the settings with which the training set was made.

    Args:
        opt: reads ``dataroot, phase, max_dataset_size, preprocess, load_size, input_nc, input_kind`` and
            ``edge_settings`` (the training set's, or None).

    Attributes:
        kinds: how many pictures of each kind were loaded so far.
    """

    @staticmethod
    def modify_commandline_options(
        parser: argparse.ArgumentParser, is_train: bool, known: argparse.Namespace
    ) -> None:
        """Add ``--input_kind``."""
        parser.add_argument(
            "--input_kind",
            choices=(*INPUT_KINDS, "none"),
            default="auto",
            help="what the images are; auto looks at each; edges need no extraction, none forbids it",
        )

    def __init__(self, opt: Namespace):
        self.folder, found = find_samples(opt.dataroot, opt.phase)
        self.paths = found[: opt.max_dataset_size or None]
        self.preprocess, self.load_px, self.input_nc = opt.preprocess, opt.load_size, opt.input_nc
        self.input_kind = opt.input_kind
        self.edge_settings: dict[str, Any] | None = getattr(opt, "edge_settings", None)
        self.kinds: Counter[str] = Counter()

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one picture: ``A``, (H, W, C) uint8."""
        path = self.paths[index]
        try:
            picture = read_rgb(path)
        except UnreadablePicture as error:
            raise UserError(f"{path} cannot be read: {error}") from error
        return {"A": with_channels(self._as_input(picture), self.input_nc)}

    def describe(self) -> str:
        """What was done to the pictures loaded so far, in a line; empty if nothing."""
        extracted = {k: n for k, n in self.kinds.items() if k != "edges"}
        if not extracted:
            return ""
        method = (self.edge_settings or {}).get("edges", "auto_canny")
        source = (
            "as for the training set" if self.edge_settings else "the run does not say how its own were made"
        )
        counts = " and ".join(f"{n} {kind}" for kind, n in sorted(extracted.items()))
        return f"edges extracted by {method} from {counts} ({source})"

    def _as_input(self, picture: np.ndarray) -> np.ndarray:
        """The generator's input at the size it was trained for; with --preprocess none at its own."""
        longest_px = max(picture.shape[:2]) if self.preprocess == "none" else self.load_px
        if self.input_kind == "none":
            return _fit(picture, longest_px)
        from data.preprocess.pair import EdgeSettings, picture_kind, square_and_edges

        kind = picture_kind(picture, self.input_kind)
        self.kinds[kind] += 1
        if kind == "edges" and self.input_kind in ("auto", "edges"):
            return _fit(picture, longest_px)
        settings = EdgeSettings(**(self.edge_settings or {}))
        _, edges = square_and_edges(picture, longest_px, settings, kind=kind)
        return np.repeat(edges[..., None], 3, axis=2)


def _fit(picture: np.ndarray, longest_px: int) -> np.ndarray:
    """The picture with its longest side scaled to that many pixels, its proportions kept."""
    height, width = picture.shape[:2]
    scale = longest_px / max(height, width)
    return resize(picture, (max(1, round(height * scale)), max(1, round(width * scale))))
