"""Download, unpack and cut out freely licensed photos of animals."""
