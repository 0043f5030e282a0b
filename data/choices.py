"""Allowed values for the data options. This module imports nothing, which keeps ``--help`` fast."""

EDGE_METHODS = ("auto_canny", "contour", "detail")
INPUT_KINDS = ("auto", "photo", "lineart", "edges")
SINGLE_KINDS = (*INPUT_KINDS, "paper")  # for testing only, because a drawing on paper has no target
FRAMES = ("auto", "none")
RESIZES = ("seed", "area")
PADS = ("replicate", "white", "auto")
GROUNDS = ("keep", "white")
HINTS = ("none", "color")
IMAGE_FORMATS = ("png", "jpg")
DIRECTIONS = ("AtoB", "BtoA")
PREPROCESS = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "none")
CACHES = ("auto", "ram", "none", "device")  # old runs record "device", which now means "ram"
