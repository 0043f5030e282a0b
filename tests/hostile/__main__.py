"""Run the campaign: `python -m tests.hostile [--seed N] [--cases N] [--minutes M] [--only WORD]`."""

import argparse
import sys

from .campaign import print_table, run_campaign


def main() -> int:
    """Parse the command line and run the campaign; return exit code 1 if a case failed."""
    parser = argparse.ArgumentParser(
        description="Give the commands bad input of every kind; see CONTRIBUTING.md."
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all random choices [0]")
    parser.add_argument("--cases", type=int, help="number of cases to run, drawn at random [all]")
    parser.add_argument("--minutes", type=float, default=15, help="start no case after these minutes [15]")
    parser.add_argument("--only", default="", help="run only cases whose kind or name contains this")
    args = parser.parse_args()
    results = run_campaign(seed=args.seed, most=args.cases, minutes=args.minutes, only=args.only, say=print)
    return print_table(results)


if __name__ == "__main__":
    sys.exit(main())
