"""Functions that write and read galleries of generated images."""
