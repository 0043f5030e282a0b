"""Modules for a training run: its folder, progress, reports, logs and page."""
