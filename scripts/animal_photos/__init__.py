"""Photographs of real animals under free licences, from Debian packages: fetching, unpacking, cutting out."""
