"""What the options about data may be set to. Importing this module loads neither torch nor OpenCV."""

EDGE_METHODS = ("auto_canny", "contour")
INPUT_KINDS = ("auto", "photo", "lineart", "edges")
RESIZES = ("seed", "area")
PADS = ("replicate", "white", "auto")
CACHES = ("auto", "device", "ram", "none")
PREPROCESS = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "none")
