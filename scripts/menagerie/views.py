"""How each kind of creature is photographed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """Camera angles and backgrounds for a kind of creature.

    Attributes:
        yaw: range of degrees it turns towards the viewer.
        pitch: range of degrees the camera looks down.
        grounded: it stands on something that takes a shadow.
        outdoors: kinds of scenery it may be seen in.
    """

    yaw: tuple[float, float]
    pitch: tuple[float, float]
    grounded: bool = True
    outdoors: tuple[str, ...] = ("grass", "grass", "woods", "sand", "sky")


@dataclass(frozen=True)
class Kind:
    """A species, or a kind of chimera.

    Attributes:
        build: builds the creature: `build(rig, bust=..., style=...)`.
        styles: for every style its weight and its view.
        busts: share of images that show only the head, or, of a fish, the tail.
    """

    build: Callable[..., None]
    styles: dict[str, tuple[float, View]]
    busts: float = 0.0
