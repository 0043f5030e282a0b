"""Metrics of generated images against their targets or a set of photos, and their uncertainty."""
