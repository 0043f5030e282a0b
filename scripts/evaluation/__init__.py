"""Metrics and tables for `evaluate.py`."""
