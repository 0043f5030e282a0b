"""Measures of generated pictures: against their truth, against a set of photos, and how sure they are."""
