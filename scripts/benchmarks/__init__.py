"""Parts of benchmark.py: the textbook implementation, the alternatives, and the measurement."""
