"""Results galleries: their pages and contact sheets, and reading them back."""
