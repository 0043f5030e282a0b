"""How near a model's pictures are to the truth, on pictures that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from models.base_model import BaseModel
from util.metrics.paired import l1, ssim


def validate(model: BaseModel, batches: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Paint every batch as test.py would and compare with the truth.

    Args:
        model: its generator, or the generator's moving average, is measured.
        batches: dicts with A and B, as `BaseModel.set_input` takes them.

    Returns:
        ``L1`` (mean absolute difference, 0..1) and ``SSIM`` (at most 1), means over all pictures.
    """
    values: dict[str, list[torch.Tensor]] = {"L1": [], "SSIM": []}
    for batch in batches:
        model.set_input(batch)
        model.test()
        images = model.get_current_visuals()
        values["L1"].append(l1(images["fake_B"], images["real_B"]))
        values["SSIM"].append(ssim(images["fake_B"], images["real_B"]))
    return {name: torch.cat(parts).mean().item() for name, parts in values.items()}
