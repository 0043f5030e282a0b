"""Functions that make A|B pairs from an image or a folder of images and that write a report."""
