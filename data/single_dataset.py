"""Single images: edge maps that are ready for the generator, or images whose edges are then extracted."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections import Counter
from dataclasses import replace

import numpy as np

from data.base_dataset import BaseDataset
from data.choices import INPUT_KINDS
from data.transforms import with_channels
from util.image import resize


class SingleDataset(BaseDataset):
    """Each image by itself, as the generator's input.

    Inputs are made as the training set's were. If those were extracted edge maps, an edge map is used as it
    is, and of a photo or an illustration, made square, edges are extracted with the same settings. A run that
    records nothing of the kind may know label maps, photos or lines of any width: images stay as they are.

    Args:
        opt: reads ``dataroot, phase, max_dataset_size, preprocess, load_size, input_nc, input_kind``,
            ``direction`` and ``edge_settings`` (the training set's, or None).

    Attributes:
        kinds: how many images of each kind were loaded so far.

    Raises:
        UserError: the folder is missing or holds no images.
    """

    @staticmethod
    def modify_commandline_options(
        parser: argparse.ArgumentParser, is_train: bool, known: argparse.Namespace
    ) -> None:
        """Add ``--input_kind``."""
        if is_train:
            parser.error("--dataset_mode single holds no targets; train with --dataset_mode aligned")
        parser.add_argument(
            "--input_kind",
            choices=(*INPUT_KINDS, "none"),
            default="auto",
            help="kind of the single images: edge maps are used as they are, from others they are extracted; "
            "none feeds images to the generator unchanged; auto recognises each image if the run records how "
            "edge maps were extracted from its photos, else none",
        )
        parser.add_argument(
            "--hints",
            choices=("auto", "none"),
            default="auto",
            help="none: use lines alone, though the run was trained with color hints",
        )

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.preprocess, self.load_px, self.input_nc = opt.preprocess, opt.load_size, opt.input_nc
        from data.preprocess.pair import EdgeSettings  # imports OpenCV

        self.edge_settings = EdgeSettings.from_json(getattr(opt, "edge_settings", None))
        settings = self.edge_settings
        if settings and settings.hints == "color" and getattr(opt, "hints", "auto") == "none":
            # The ground stays as it was where hints were made.
            self.edge_settings = replace(settings, hints="none", ground="white")
        as_they_are = self.edge_settings is None or opt.direction == "AtoB"  # from the photos of such pairs
        self.input_kind = "none" if as_they_are and opt.input_kind == "auto" else opt.input_kind
        self.is_assumed = self.input_kind != opt.input_kind
        self.kinds: Counter[str] = Counter()

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one image: ``A``, (H, W, C) uint8."""
        return {"A": with_channels(self._as_input(*self.read(self.paths[index])), self.input_nc)}

    def describe(self) -> str:
        """Say in one line what was done to the images loaded so far; empty if what was asked for."""
        if self.is_assumed:
            why = "was trained on photos" if self.edge_settings else "records no extraction of edge maps"
            return (
                f"images used as they are: the run {why} (--input_kind photo or lineart extracts edge maps)"
            )
        extracted = {k: n for k, n in self.kinds.items() if k != "edges"}
        if not extracted:
            return ""
        method = self.edge_settings.edges if self.edge_settings else "auto_canny"
        source = "as for the training set" if self.edge_settings else "the run does not record settings"
        counts = " and ".join(f"{n} {kind}" for kind, n in sorted(extracted.items()))
        return f"edges extracted by {method} from {counts} ({source})"

    def _as_input(self, image: np.ndarray, alpha: np.ndarray | None) -> np.ndarray:
        """Make the generator's input at the size it was trained for; with --preprocess none at its own."""
        longest_px = max(image.shape[:2]) if self.preprocess == "none" else self.load_px
        if self.input_kind == "none":
            return _fit(image, longest_px)
        from data.preprocess.pair import EdgeSettings, image_kind, prepare

        kind = image_kind(image, self.input_kind)
        self.kinds[kind] += 1
        if kind == "edges":
            return _fit(image, longest_px)
        settings = self.edge_settings or EdgeSettings()
        return prepare(image, longest_px, settings, kind=kind, alpha=alpha).condition


def _fit(image: np.ndarray, longest_px: int) -> np.ndarray:
    """Scale the longest side to that many pixels and keep the proportions."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    return resize(image, (max(1, round(height * scale)), max(1, round(width * scale))))
