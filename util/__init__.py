"""Plain helpers that know nothing of this project: files, images, pages, numbers."""
