"""Everything about a training run: its folder, progress, reports, logs and page."""
