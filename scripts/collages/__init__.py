"""Collages of animal photos, which show imaginary animals and serve as targets."""
