"""Metrics of generated images against their targets, and of a set of images against a set of photos."""
