"""Drawing the README's figures with Pillow alone."""
