"""Collages of animal photos: imaginary animals with a photograph as target."""
