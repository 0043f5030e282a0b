"""Parts of scripts/benchmark.py: the textbook implementation, the commands, and timing in turns."""
