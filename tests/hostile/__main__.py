"""Run the campaign: `python -m tests.hostile [--seed N] [--cases N] [--minutes M] [--only WORD]`."""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from . import batches, checkpoints, disturbances, documents, option_values
from .bench import Bench, Case, Result

SOURCES = (batches, checkpoints, documents, option_values, disturbances)


def run_campaign(
    *,
    seed: int,
    most: int | None = None,
    minutes: float = 15,
    only: str = "",
    slow: bool = True,
    say: Callable[[str], None],
) -> list[Result]:
    """Run cases until all are done, or until the case limit or time limit is reached.

    If ``most`` is given, the cases are drawn at random. Failures are passed to ``say``.
    """
    rng = np.random.default_rng(seed)
    chosen = [case for source in SOURCES for case in source.cases(rng)]
    chosen = [case for case in chosen if only in case.kind or only in case.name]
    chosen = [case for case in chosen if slow or not case.slow]
    if most is not None:
        chosen = [chosen[k] for k in rng.permutation(len(chosen))]
    root = Path(tempfile.mkdtemp(prefix="hostile_"))
    bench = Bench(root, rng)
    results: list[Result] = []
    try:
        bench.prepare()
        until = time.monotonic() + 60 * minutes
        for place, case in enumerate(chosen):
            if time.monotonic() > until or (most is not None and len(results) >= most):
                say(f"not tried: {len(chosen) - place} of {len(chosen)}")
                break
            results += _run(bench, case, say)
    finally:
        bench.warm.close()
        shutil.rmtree(root, ignore_errors=True)
    return results


def _run(bench: Bench, case: Case, say: Callable[[str], None]) -> list[Result]:
    """Run one case and report failures."""
    try:
        results = list(case.act(bench, case))
    except Exception as error:
        results = [Result(case.kind, case.name, "failure", f"{type(error).__name__}: {error}")]
    for result in results:
        if result.verdict == "failure":
            say(f"FAILURE {result.kind} | {result.name!r}: {result.detail}")
    shutil.rmtree(bench.root / "cases", ignore_errors=True)
    return results


def print_table(results: list[Result]) -> int:
    """Print the number of results by kind; return 1 if a case failed."""
    verdicts = ("ok", "refused", "failure")
    print(f"{'kind':<34}{'cases':>8}" + "".join(f"{verdict:>9}" for verdict in verdicts))
    counts = Counter((result.kind, result.verdict) for result in results)
    for kind in [*dict.fromkeys(result.kind for result in results), ""]:
        row = [sum(n for (k, v), n in counts.items() if v == word and kind in ("", k)) for word in verdicts]
        print(f"{kind or 'all':<34}{sum(row):>8}" + "".join(f"{n:>9}" for n in row))
    return int(any(result.verdict == "failure" for result in results))


def main() -> int:
    """Run the campaign and return the exit code, which is 1 if a case failed."""
    parser = argparse.ArgumentParser(description="Run all commands with bad input (see CONTRIBUTING.md).")
    parser.add_argument("--seed", type=int, default=0, help="seed for all random choices [0]")
    parser.add_argument("--cases", type=int, help="number of cases to draw at random [all cases, in order]")
    parser.add_argument("--minutes", type=float, default=15, help="minutes after which no case starts [15]")
    parser.add_argument("--only", default="", help="text that a case's kind or name must contain")
    args = parser.parse_args()
    results = run_campaign(seed=args.seed, most=args.cases, minutes=args.minutes, only=args.only, say=print)
    return print_table(results)


if __name__ == "__main__":
    sys.exit(main())
