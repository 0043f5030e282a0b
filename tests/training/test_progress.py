"""The counters of a run."""

import math

import pytest

from training.progress import Progress
from util.errors import UserError


def progress(**values):
    return Progress(**{"last_epoch": 3, "epoch_size": 10, "update_size": 4} | values)


def test_updates_and_epochs_are_counted():
    state = progress()
    seen = []
    for images in (4, 4, 2):
        state.count(images)
        seen.append((state.images_in_epoch, state.images, state.images_left))
    assert seen == [(4, 4, 26), (8, 8, 22), (10, 10, 20)]
    assert [progress(epoch=e, last_epoch=5).ends(2) for e in range(1, 6)] == [False, True, False, True, True]
    state.begin_next_epoch()
    assert (state.epoch, state.batch, state.images, state.images_left) == (2, 0, 10, 20)


@pytest.mark.parametrize("update", [1, 3, 4, 7])
def test_a_multiple_is_passed_once_whatever_the_batch_size(update):
    state, passed = progress(), 0
    for _ in range(100):
        state.count(update)
        passed += state.passed(7)
    assert passed == 100 * update // 7


def test_a_state_goes_on_at_another_batch_size_that_divides_it():
    state = progress(epoch=2, batch=2, images=18, best=0.5).state_dict()
    same, half = progress(), progress(update_size=2, best_by="kernel_distance")
    same.load_state_dict(state)
    assert same == progress(epoch=2, batch=2, images=18, best=0.5, _images_before=18)
    half.load_state_dict(state)
    assert half.batch == 4 and half.best == math.inf and half.images_in_epoch == 8
    with pytest.raises(UserError, match="--batch_size: .* within an epoch at batches of 4.*divisor"):
        progress(update_size=3).load_state_dict(state)


@pytest.mark.parametrize("odd", [{"epoch": "x"}, {"batch": math.nan}, {"batch_size": 10**30}, {"best": []}])
def test_odd_values_of_a_state_are_refused(odd):
    with pytest.raises((TypeError, ValueError)):
        progress().load_state_dict(progress().state_dict() | odd)


def test_validations_without_a_better_one_end_a_run_and_a_resumed_one_goes_on():
    state = progress(early_stop=2, last_epoch=9)
    over = []
    for best in (0.5, 0.5, 0.4, 0.4, 0.4):
        state.count_validation(best)
        over.append(state.is_over)
    assert over == [False, False, False, False, True] and state.ends(100)
    assert "2 validations without a better one" in state.describe_end()
    resumed = progress(early_stop=2, last_epoch=9)
    resumed.load_state_dict(state.state_dict())
    assert not resumed.is_over and resumed.best == 0.4
