"""Batch norm's statistics, measured on images that they are to fit."""

import torch
from torch import nn

from models.calibration import measure_statistics


def net_with_wrong_statistics():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.BatchNorm2d(2)
    )
    for layer in (net[1], net[4]):
        layer.running_mean.fill_(7)
        layer.running_var.fill_(0.01)
    return net.eval()


def test_they_become_the_mean_over_the_batches():
    net = net_with_wrong_statistics()
    batches = [torch.randn(4, 3, 9, 9) * scale for scale in (1, 2)]
    assert measure_statistics(net, batches) == 2
    first = [net[0](x) for x in batches]
    mean = torch.stack([y.mean((0, 2, 3)) for y in first]).mean(0)
    variance = torch.stack([y.var((0, 2, 3)) for y in first]).mean(0)
    torch.testing.assert_close(net[1].running_mean, mean)
    torch.testing.assert_close(net[1].running_var, variance)
    # Afterwards an image is normalised nearly as it was among the batch.
    assert not net.training and net[1].momentum == 0.1
    assert net(batches[0]).abs().max() < 20 < net_with_wrong_statistics()(batches[0]).abs().max()


def test_without_batches_nothing_changes():
    net = net_with_wrong_statistics()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    assert measure_statistics(net, []) == 0
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
