"""The counters of a run."""

import math

import pytest

from training.progress import Progress
from util.errors import UserError


def progress(**values):
    return Progress(**{"last_epoch": 3, "epoch_size": 10, "update_size": 4} | values)


def test_state_resumes_with_another_batch_size():
    state = progress(epoch=2, batch=2, images=18, best=0.5).state_dict()
    same, half = progress(), progress(update_size=2, best_by="kernel_distance")
    same.load_state_dict(state)
    assert same == progress(epoch=2, batch=2, images=18, best=0.5, _images_before=18)
    half.load_state_dict(state)
    assert half.batch == 4 and half.best == math.inf and half.images_in_epoch == 8
    with pytest.raises(UserError, match="--batch_size: .* within an epoch.* a total of 4 images.*divisor"):
        progress(update_size=3).load_state_dict(state)
