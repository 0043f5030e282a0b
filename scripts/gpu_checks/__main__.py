"""Run the rows one after the other, whatever becomes of each, and print the table."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.benchmarks.report import Table, describe_machine
from scripts.gpu_checks.rows import ROWS, Row
from scripts.gpu_checks.runs import CheckFailed, Settings, Skipped
from util.errors import UserError, one_line, run_command
from util.parsing import OneLineParser, positive

_COLUMNS = ("row", "check", "result", "figure", "seconds")


def main() -> int:
    """Run the command; returns its exit code.

    Raises:
        UserError: no CUDA GPU.
    """
    parser = OneLineParser(prog="gpu_check.sh", description=__doc__, allow_abbrev=False)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: a tiny dry run")
    parser.add_argument("--training_s", type=positive, metavar="S", help="seconds of the long training "
                        "(default: 120, on the CPU 5)")  # fmt: skip
    parser.add_argument("--only", default="", metavar="TEXT", help="only the checks whose name has this text")
    args = parser.parse_args()

    import torch

    if args.device == "cuda" and not torch.cuda.is_available():
        raise UserError("there is no CUDA GPU here; --device cpu runs the same rows, tiny, on the CPU")
    on_gpu = args.device == "cuda"
    table = Table("GPU check", _COLUMNS)
    with tempfile.TemporaryDirectory(prefix="gpu_check_") as folder:
        training_s = args.training_s or (120.0 if on_gpu else 5.0)
        settings = Settings(args.device, Path(folder), training_s=training_s)
        for row in ROWS:
            if args.only in row.name:
                print(f"== {row.name}", flush=True)
                table.rows.append([len(table.rows) + 1, row.name, *attempt(row, settings)])
    print(describe_machine(args.device)[1])
    print(table.markdown())
    return int(any(result == "FAILED" for _, _, result, _, _ in table.rows))


def attempt(row: Row, settings: Settings) -> tuple[str, str, float]:
    """Run a row; returns its result, its figure or what went wrong, and the seconds it took."""
    began = time.perf_counter()
    try:
        for package in row.needs:
            settings.require(package)
        result, figure = "passed", row.check(settings)
    except Skipped as reason:
        result, figure = "skipped", str(reason)
    except subprocess.TimeoutExpired as error:
        result, figure = "FAILED", f"not done after {error.timeout:.0f} s"
    except CheckFailed as error:
        result, figure = "FAILED", str(error)
    except Exception as error:  # a row that breaks must not stop the others
        result, figure = "FAILED", f"{type(error).__name__}: {error}"
    print(f"{result}: {one_line(figure)}", flush=True)
    return result, one_line(figure).replace("|", "/"), time.perf_counter() - began


if __name__ == "__main__":
    sys.argv[0] = "gpu_check.sh"
    run_command(main)
