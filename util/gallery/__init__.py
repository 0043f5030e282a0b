"""Galleries of results: writing their pages and contact sheets, and reading them back."""
