"""Command-line options: one class for each command."""
