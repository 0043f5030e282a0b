"""The metrics and the tables of `evaluate.py`."""
