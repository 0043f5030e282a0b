"""A procedural menagerie: photograph-like renders of animals, and of chimeras put together from their parts.

Every creature is an articulated body of named parts: `plans`, `poses`, `quadruped`, `heads`, `hair`, `birds`,
`fish` and `snakes`, built as quads (`curves`, `geometry`, `rig`) with a look (`materials`, `textures`,
`outfits`). A rasteriser (`raster`) fills a G-buffer once; `shading` develops it into a photograph, and
`illustration` into a flat drawing of the same creature, aligned to the pixel. `species` and `chimeras` are
the catalogue, `scene` makes one image and `writer` a data set.
"""
