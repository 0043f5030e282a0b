"""A procedural menagerie: photograph-like renders of animals, and of chimeras put together from their parts.

Every creature is an articulated body of named parts: `plans`, `poses`, `quadruped`, `heads`, `head_parts`,
`hair`, `wings`, `birds`, `fish` and `snakes`, built as quads (`curves`, `geometry`, `rig`) with a look
(`materials`, `textures`, `coats`, `outfits`). A rasteriser (`raster`) fills a G-buffer once; `shading`
develops it into a photograph over a background (`backgrounds`), and `illustration` into a flat drawing of the
same creature, aligned to the pixel. `species` and `chimeras` are the catalogue, `scene` makes one image and
`writer` a data set.
"""

from scripts.menagerie.chimeras import CHIMERAS
from scripts.menagerie.scene import Rendering, generator, render
from scripts.menagerie.species import SPECIES
from scripts.menagerie.writer import OutputExistsError, make_menagerie, write_contact_sheets

__all__ = [
    "CHIMERAS",
    "SPECIES",
    "OutputExistsError",
    "Rendering",
    "generator",
    "make_menagerie",
    "render",
    "write_contact_sheets",
]
