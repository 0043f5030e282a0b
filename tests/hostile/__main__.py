"""Run the campaign: `python -m tests.hostile [--seed N] [--cases N] [--minutes M] [--only WORD]`."""

import argparse
import sys

from .campaign import print_table, run_campaign


def main() -> int:
    """Run the campaign and return the exit code, which is 1 if a case failed."""
    parser = argparse.ArgumentParser(description="Run all commands with bad input (see CONTRIBUTING.md).")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random choices [0]")
    parser.add_argument("--cases", type=int, help="number of cases to draw at random [all cases, in order]")
    parser.add_argument("--minutes", type=float, default=15, help="time after which no case is started [15]")
    parser.add_argument("--only", default="", help="text that the kind or the name of a case must contain")
    args = parser.parse_args()
    results = run_campaign(seed=args.seed, most=args.cases, minutes=args.minutes, only=args.only, say=print)
    return print_table(results)


if __name__ == "__main__":
    sys.exit(main())
