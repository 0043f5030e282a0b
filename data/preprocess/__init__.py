"""Functions that make pairs A|B from images, and a report about them."""
