"""Helpers for the commands in scripts/: a parser made from the docstring, and options that select a run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from util.errors import UserError
from util.parsing import HelpFormatter, OneLineParser

ROOT = Path(__file__).resolve().parents[1]
ANIMAL_PHOTOS = ROOT / "datasets" / "animals" / "photos"


class _Help(HelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows choices and defaults, and keeps the description's line breaks."""


def parser_of(doc: str | None, **how: Any) -> OneLineParser:
    """Make a parser whose help text starts with the command's docstring."""
    return OneLineParser(description=doc, formatter_class=_Help, allow_abbrev=False, **how)


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options that select a run and one of its checkpoints."""
    add = parser.add_argument
    add("--name", required=True, help="name of the run, which is its folder in --checkpoints_dir")
    add("--epoch", default="latest", help="checkpoint to use: an epoch number, latest, or best")
    add("--checkpoints_dir", default="./checkpoints", help="folder that contains all runs")


def run_folder(args: argparse.Namespace) -> Path:
    """Return the folder of the selected run; raise `UserError` if it does not exist."""
    root = Path(args.checkpoints_dir)
    if not (root / args.name).is_dir():
        there = ", ".join(sorted(path.name for path in root.glob("*/"))[:8]) or "none"
        raise UserError(f"--name {args.name}: {root / args.name} does not exist; available runs: {there}")
    return root / args.name
