"""Helpers for files, images, pages and numbers, which do not depend on the rest of the project."""
