"""Validation metrics, computed with a mock generator and the real feature network."""

import pytest
import torch

from models.features import KernelFeatures
from models.validation import MIN_KERNEL_IMAGES, Validator
from util.metrics.kernel_distance import measure

N = MIN_KERNEL_IMAGES


class Brightening:
    """A model whose output is its target, brightened by 0.1."""

    def set_input(self, batch):
        self.real_B = batch["B"]

    def test(self):
        self.fake_B = self.real_B + 0.1

    def get_current_visuals(self):
        return {name: getattr(self, name) for name in ("fake_B", "real_B") if hasattr(self, name)}


class Pairs(list):
    """A list of batches whose ``len`` is the number of images."""

    def __len__(self):
        return sum(len(batch["B"]) for batch in self)


def pairs(n=N, seed=0):
    x = torch.rand(n, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 1.8 - 1
    return Pairs({"A": part, "B": part} for part in x.split(5))


def test_validation_metrics_match_direct_computation():
    held_out, trained_on, asked = pairs(), pairs(10, seed=1), []
    validator = Validator(held_out, reference=lambda: asked.append(1) or trained_on)
    assert not asked
    before = torch.get_rng_state()
    first, second = (validator.measure(Brightening()) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first == second and len(asked) == 1
    features = KernelFeatures().features
    wanted = measure(features([b["B"] + 0.1 for b in held_out]), features([b["B"] for b in trained_on]))
    assert list(first) == ["L1", "SSIM", "KD", "KD_se"] and validator.score(first) == first["L1"]
    assert Validator(held_out, reference=pairs, best_by="kernel_distance").score(first) == first["KD"]
    assert first["L1"] == pytest.approx(0.05, abs=1e-5)
    assert first["KD"] == pytest.approx(wanted.value, rel=1e-3)
    assert first["KD_se"] == pytest.approx(wanted.standard_error, rel=1e-3)
