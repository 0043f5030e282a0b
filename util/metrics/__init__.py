"""Measures of generated images: against their target, against a set of photos, and how sure they are."""
