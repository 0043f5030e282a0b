"""Functions that write galleries of results, with pages and contact sheets, and that read galleries."""
