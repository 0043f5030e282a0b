"""The metrics of `evaluate.py`, and the tables it prints."""
