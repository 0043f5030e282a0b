"""Metrics that compare generated images with their targets, and a set of images with a set of photos."""
