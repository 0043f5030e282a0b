"""What knows a run: its folder, progress, reports, logs and page."""
