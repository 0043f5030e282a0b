"""Functions that run the cases and print a table of results."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from . import batches, checkpoints, disturbances, documents, option_values
from .bench import Bench, Case, Result

SOURCES = (batches, checkpoints, documents, option_values, disturbances)


def all_cases(rng: np.random.Generator) -> list[Case]:
    """Return all cases."""
    return [case for source in SOURCES for case in source.cases(rng)]


def run_campaign(
    *,
    seed: int,
    most: int | None = None,
    minutes: float = 15,
    only: str = "",
    slow: bool = True,
    say: Callable[[str], None],
) -> list[Result]:
    """Run cases until all are done, or until a limit on their number or the time is reached.

    If ``most`` is given, the cases are drawn at random. Failures are passed to ``say``.
    """
    rng = np.random.default_rng(seed)
    chosen = [case for case in all_cases(rng) if only in case.kind or only in case.name]
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
