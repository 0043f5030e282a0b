"""Freely licensed photographs of real animals from Debian packages: fetching, unpacking and cutting out."""
