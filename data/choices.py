"""The choices of the data options. This module imports neither torch nor OpenCV."""

# Edge map extraction.
EDGE_METHODS = ("auto_canny", "contour", "detail")
INPUT_KINDS = ("auto", "photo", "lineart", "edges")
SINGLE_KINDS = (*INPUT_KINDS, "paper")  # pairs cannot use paper: its drawing has no target of the same size
FRAMES = ("auto", "none")
RESIZES = ("seed", "area")
PADS = ("replicate", "white", "auto")
GROUNDS = ("keep", "white")
HINTS = ("none", "color")

# Files.
IMAGE_FORMATS = ("png", "jpg")

# Loading.
DIRECTIONS = ("AtoB", "BtoA")
PREPROCESS = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "none")
CACHES = ("auto", "ram", "none", "device")  # earlier versions recorded "device" for what is now "ram"
