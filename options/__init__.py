"""Command-line options, with one class per command."""
