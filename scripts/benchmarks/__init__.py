"""The parts of scripts/benchmark.py: the textbook way, this repository's way, and timing them in turn."""
