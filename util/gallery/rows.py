"""The rows of a gallery, which are stored in its ``metrics.json``."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from util.atomic import inside
from util.errors import UserError

# Headings of pix2pix's labels. Other labels, such as names of compared runs, are their own headings.
HEADINGS = {"real_A": "input", "fake_B": "output", "real_B": "target"}


@dataclass(frozen=True)
class Row:
    """One input and the images generated from it.

    Attributes:
        name: name of the input. This is untrusted text, which is escaped wherever it is shown.
        images: a dict from label, such as `real_A` or `random_sample01`, to POSIX path. Paths are relative to
            the gallery's folder and may contain any characters.
        metrics: a dict from metric to value; NaN or infinity means that there is no value.
    """

    name: str
    images: dict[str, str]
    metrics: dict[str, float] = field(default_factory=dict)


def mean_metrics(rows: Sequence[Row]) -> dict[str, float]:
    """Average each metric over the rows in which it is finite."""
    values: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.metrics.items():
            kept = values.setdefault(name, [])
            if math.isfinite(value):
                kept.append(float(value))
    return {name: math.fsum(kept) / len(kept) for name, kept in values.items() if kept}


def read_rows(folder: Path) -> list[Row]:
    """Read a gallery's rows, which test.py or compare.py wrote.

    Raises:
        UserError: the gallery does not exist or cannot be read, or a path points outside the folder.
    """
    path = folder / "metrics.json"
    try:
        rows = []
        for kept in json.loads(path.read_text(encoding="utf-8"))["rows"]:
            metrics = {k: math.nan if v is None else float(v) for k, v in kept.get("metrics", {}).items()}
            rows.append(Row(str(kept["name"]), dict(kept["images"]), metrics))
            for image in rows[-1].images.values():
                inside(folder, image, what="image path")
        return rows
    except UserError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        there = sorted(found.parent for found in folder.glob("*/metrics.json")) if folder.is_dir() else []
        hint = f"; did you mean {there[-1]}?" if there else ": name a folder that test.py wrote"
        raise UserError(f"{folder} does not contain a gallery (no metrics.json){hint}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        reason = f"{type(error).__name__} {error}"
        raise UserError(f"{path} does not belong to a gallery ({reason}): run test.py again") from error
