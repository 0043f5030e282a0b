"""Helpers for files, images, pages and numbers. They import nothing from the rest of the project."""
