"""The rooms of scripts/benchmark.py: the textbook way, our way, and how they are timed side by side."""
