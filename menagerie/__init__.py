"""Render images of animals, and of chimeras that are composed of parts of these animals.

Every creature is an articulated body of named parts (`plans`, `poses`, `quadruped`, `heads`, `hair`, `birds`,
`fish`, `snakes`). The parts consist of quads (`curves`, `geometry`, `rig`) with materials (`materials`,
`textures`, `outfits`). `raster` draws the quads into a G-buffer. From this buffer, `shading` makes a
photo-like image, and `illustration` makes a pixel-aligned flat drawing. `species` and
`chimeras` define the creatures, `scene` makes one image, and `writer` makes a data set.
"""
