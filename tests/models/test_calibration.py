"""Batch norm's statistics, measured on images that they are to fit."""

import pytest
import torch
from torch import nn

from models.calibration import Calibration, measure_statistics
from models.precision import choose_precision


def net_with_wrong_statistics():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.BatchNorm2d(2)
    for layer in (layers[1], layers[4]):
        layer.running_mean.fill_(7)
        layer.running_var.fill_(0.01)
    return nn.Sequential(*layers).eval()


def test_they_become_the_mean_over_the_batches():
    net = net_with_wrong_statistics()
    assert measure_statistics([net], []) == 0 and net[1].running_mean.eq(7).all()
    batches = [torch.randn(4, 3, 9, 9) * scale for scale in (1, 2)]
    assert measure_statistics([net], [(x,) for x in batches]) == 2
    first = [net[0](x) for x in batches]
    torch.testing.assert_close(net[1].running_mean, torch.stack([y.mean((0, 2, 3)) for y in first]).mean(0))
    torch.testing.assert_close(net[1].running_var, torch.stack([y.var((0, 2, 3)) for y in first]).mean(0))
    # Now an image is normalized nearly as it was among the batch.
    assert not net.training and net[1].momentum == 0.1
    assert net(batches[0]).abs().max() < 20 < net_with_wrong_statistics()(batches[0]).abs().max()


def test_statistics_are_lent_for_a_while_and_measured_once_for_the_same_weights():
    net, asked = net_with_wrong_statistics(), []
    x = torch.randn(4, 3, 9, 9) + 3

    def inputs():
        asked.append(1)
        return [(x,)]

    calibration = Calibration(inputs, choose_precision("fp32", torch.device("cpu")))
    before, random = {k: v.clone() for k, v in net.state_dict().items()}, torch.get_rng_state()
    for n_updates in (5, 5, 6):
        with calibration.applied([net], n_updates):
            lent = net[1].running_mean.clone()
    torch.testing.assert_close(lent, net[0](x).mean((0, 2, 3)))
    assert len(asked) == 2
    with pytest.raises(KeyboardInterrupt), calibration.applied([net], 7):
        raise KeyboardInterrupt
    # Training continues with the statistics and the random numbers that it had.
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
