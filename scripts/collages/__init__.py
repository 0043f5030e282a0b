"""Collages of animal photos: imaginary animals that serve as targets."""
