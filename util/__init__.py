"""Plain helpers that know nothing of this project: files, pictures, pages, numbers."""
