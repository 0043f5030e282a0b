"""Making A|B pairs of photos: of one image, of a folder, and the report on the folder."""
