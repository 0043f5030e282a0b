"""Freely licensed photographs of real animals from Debian packages: fetching, unpacking, cutting out."""
