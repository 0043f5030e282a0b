"""Modules that deal with a run: its folder, progress, reports, logs and page."""
