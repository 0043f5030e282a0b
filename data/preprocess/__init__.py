"""Making A|B pairs from one image or a folder of images, and the report on the folder."""
