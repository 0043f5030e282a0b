"""Tables of results, on the screen and in a Markdown file, with what they were measured on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from util.atomic import write_bytes
from util.errors import UserError


@dataclass
class Table:
    """Results of one benchmark.

    Attributes:
        title: a few words.
        columns: their names, units included.
        rows: numbers and words, as many as there are columns.
        notes: sentences below the table.
    """

    title: str
    columns: Sequence[str]
    rows: list[list[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """Format the table as Markdown whose columns also line up on a screen."""
        cells = [[str(c) for c in self.columns], *([format_cell(c) for c in row] for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        words = [all(isinstance(row[i], str) for row in self.rows) for i in range(len(self.columns))]
        rule = ["-" * w if left else "-" * (w - 1) + ":" for w, left in zip(widths, words, strict=True)]
        lines = [
            "| "
            + " | ".join(
                c.ljust(w) if left else c.rjust(w) for c, w, left in zip(row, widths, words, strict=True)
            )
            + " |"
            for row in [cells[0], rule, *cells[1:]]
        ]
        return "\n".join([f"### {self.title}", "", *lines, "", *(f"{note}\n" for note in self.notes)])


def format_cell(value: Any) -> str:
    """Format a number to three digits, a whole one in full, None as a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def describe_machine(device_type: str) -> tuple[str, str]:
    """Return the device's name, and a line about machine, versions and day."""
    import torch

    cores = usable_cores()
    cpu = f"{cpu_name()}, {counted(cores, 'core')}"
    parts = [counted(torch.get_num_threads(), "thread")]
    name = cpu
    if device_type == "cuda":
        name = torch.cuda.get_device_name()
        parts = [f"host {cpu}", f"CUDA {torch.version.cuda}", f"cuDNN {torch.backends.cudnn.version()}"]
    parts += [f"PyTorch {torch.__version__}", f"Python {platform.python_version()}", platform.system()]
    return name, f"{name}: {', '.join(parts)}; {date.today().isoformat()}"


def counted(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def usable_cores() -> int:
    """Count the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def cpu_name() -> str:
    """Return the processor's own name."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def write_section(path: Path, heading: str, text: str) -> None:
    """Put a section into a Markdown file: in place of the one under the same heading, else at its end.

    Raises:
        UserError: the file cannot be read or written.
    """
    section = f"## {heading}\n\n{text.rstrip()}\n"
    try:
        old = path.read_text("utf-8") if path.exists() else "# Benchmarks\n"
        parts = re.split(r"(?m)^(?=## )", old)
        same = [i for i, part in enumerate(parts) if part.startswith(f"## {heading}\n")]
        if same:
            parts[same[0]] = section
        else:
            parts.append(section)
        content = "\n".join(part.rstrip() + "\n" for part in parts if part.strip())
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content.encode())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--markdown {path} cannot be written: {error}") from error
