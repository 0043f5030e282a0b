"""Random numbers that depend only on a key.

Every random choice about a sample is derived from the key (seed, epoch, sample). It does not matter which
process loads the sample, in which order samples are loaded, or whether the run was interrupted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

_MASK = (1 << 64) - 1


def derive(*key: int) -> int:
    """Hash integers to a 63-bit seed with SplitMix64 steps."""
    state = 0x9E3779B97F4A7C15
    for value in key:
        state = (state ^ (value & _MASK)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1


def generator(*key: int) -> np.random.Generator:
    """Create a NumPy random generator for a key such as (seed, epoch, sample)."""
    return np.random.Generator(np.random.PCG64(derive(*key)))


def seed_torch(seed: int) -> None:
    """Seed torch's generators on all devices."""
    import torch

    torch.manual_seed(seed)


class TorchRandom:
    """Saves and restores the states of torch's random generators on the CPU and on a device."""

    def __init__(self, device: torch.device):
        self._device = device

    def state_dict(self) -> dict[str, Any]:
        """Return the generator states. Without a GPU, ``rng_cuda`` is None."""
        import torch

        on_gpu = self._device.type == "cuda"
        cuda = torch.cuda.get_rng_state(self._device) if on_gpu else None
        return {"rng": torch.get_rng_state(), "rng_cuda": cuda}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the states that `state_dict` returned, even if the kind of device has changed."""
        import torch

        torch.set_rng_state(state["rng"])
        if state["rng_cuda"] is not None and self._device.type == "cuda":
            torch.cuda.set_rng_state(state["rng_cuda"], self._device)
