"""Metrics that compare generated images with their targets, or a set of images with a set of photos."""
