"""Random numbers that depend on what they are for and on nothing else.

Every random choice about a sample derives from (seed, epoch, sample), so that it does not matter which
process serves it, in which order, or whether the run was interrupted in between.
"""

from __future__ import annotations

import numpy as np

_MASK = (1 << 64) - 1


def derive(*key: int) -> int:
    """A 63-bit seed from a sequence of integers, each bit depending on all of them (SplitMix64 steps)."""
    state = 0x9E3779B97F4A7C15
    for value in key:
        state = (state ^ (value & _MASK)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1


def generator(*key: int) -> np.random.Generator:
    """A numpy generator for one purpose: ``generator(seed, epoch, sample)``."""
    return np.random.Generator(np.random.PCG64(derive(*key)))
