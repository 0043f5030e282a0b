"""Parts of scripts/make_figures.py."""
