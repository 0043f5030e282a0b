"""The outlines of fish, nose first, in body lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class FishShape:
    """A fish's outline along its body, nose first, in body lengths.

    Attributes:
        rows: (position, up, down, side) radii.
        dorsal: (from, to, height, sweep) of the fin on the back.
        anal: the same below.
        tail: (length, height, fork): fork 0 is round, 1 deeply forked.
        second: a second dorsal fin, or None.
    """

    rows: tuple[tuple[float, ...], ...]
    dorsal: tuple[float, float, float, float]
    anal: tuple[float, float, float, float]
    tail: tuple[float, float, float]
    second: tuple[float, float, float, float] | None = None

    def slimmer(self, share: float) -> FishShape:
        """Return a fish as long, of this share of its thickness; its fins shrink less."""
        less = share**0.6

        def fin(spec: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
            return spec[0], spec[1], spec[2] * less, spec[3] * less

        return replace(
            self,
            rows=tuple((u, up * share, down * share, side * share) for u, up, down, side in self.rows),
            dorsal=fin(self.dorsal),
            anal=fin(self.anal),
            tail=(self.tail[0] * less, self.tail[1] * less, self.tail[2]),
            second=fin(self.second) if self.second else None,
        )


FISH = {
    "bass": FishShape(
        (
            (0, 0.012, 0.016, 0.01),
            (0.05, 0.05, 0.055, 0.04),
            (0.18, 0.105, 0.11, 0.075),
            (0.38, 0.135, 0.14, 0.085),
            (0.6, 0.11, 0.115, 0.065),
            (0.82, 0.055, 0.055, 0.03),
            (0.95, 0.04, 0.04, 0.014),
            (1, 0.042, 0.042, 0.008),
        ),
        (0.34, 0.56, 0.10, 0.05),
        (0.62, 0.76, 0.085, 0.05),
        (0.19, 0.30, 0.35),
        (0.58, 0.76, 0.11, 0.06),
    ),
    "tuna": FishShape(
        (
            (0, 0.006, 0.008, 0.006),
            (0.06, 0.04, 0.042, 0.035),
            (0.22, 0.085, 0.09, 0.075),
            (0.42, 0.105, 0.11, 0.085),
            (0.65, 0.075, 0.08, 0.06),
            (0.87, 0.025, 0.025, 0.02),
            (0.97, 0.016, 0.016, 0.012),
            (1, 0.02, 0.02, 0.006),
        ),
        (0.36, 0.46, 0.09, 0.10),
        (0.60, 0.67, 0.10, 0.12),
        (0.16, 0.36, 0.85),
        (0.56, 0.63, 0.11, 0.13),
    ),
    "reef": FishShape(
        (
            (0, 0.012, 0.016, 0.012),
            (0.06, 0.07, 0.065, 0.04),
            (0.2, 0.16, 0.15, 0.07),
            (0.42, 0.21, 0.20, 0.08),
            (0.65, 0.165, 0.16, 0.06),
            (0.86, 0.065, 0.065, 0.026),
            (0.95, 0.05, 0.05, 0.014),
            (1, 0.056, 0.056, 0.008),
        ),
        (0.28, 0.84, 0.10, 0.05),
        (0.55, 0.84, 0.10, 0.05),
        (0.22, 0.32, 0.15),
    ),
    "chromis": FishShape(
        (
            (0, 0.010, 0.012, 0.01),
            (0.06, 0.055, 0.055, 0.04),
            (0.2, 0.115, 0.115, 0.065),
            (0.42, 0.15, 0.15, 0.07),
            (0.65, 0.11, 0.11, 0.05),
            (0.86, 0.045, 0.045, 0.022),
            (0.95, 0.034, 0.034, 0.012),
            (1, 0.038, 0.038, 0.006),
        ),
        (0.28, 0.78, 0.075, 0.07),
        (0.55, 0.78, 0.08, 0.07),
        (0.27, 0.36, 0.9),
    ),
    "disc": FishShape(
        (
            (0, 0.010, 0.012, 0.01),
            (0.05, 0.05, 0.05, 0.035),
            (0.16, 0.17, 0.16, 0.055),
            (0.42, 0.30, 0.29, 0.065),
            (0.68, 0.24, 0.23, 0.05),
            (0.88, 0.07, 0.07, 0.02),
            (0.96, 0.05, 0.05, 0.012),
            (1, 0.055, 0.055, 0.006),
        ),
        (0.30, 0.88, 0.15, 0.16),
        (0.42, 0.88, 0.15, 0.16),
        (0.2, 0.28, 0.1),
    ),
}
