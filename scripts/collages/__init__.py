"""Collages of animal photos: imaginary animals whose photograph is known."""
