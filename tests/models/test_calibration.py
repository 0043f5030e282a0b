"""Batch norm statistics, measured on given images."""

import torch
from tiny_models import batch, build, learn
from torch import nn

from models.calibration import measure_statistics


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
    # Now an image is normalized nearly as it was within the batch.
    assert not net.training and net[1].momentum == 0.1
    assert net(batches[0]).abs().max() < 20 < net_with_wrong_statistics()(batches[0]).abs().max()


def test_a_model_is_tested_and_saved_with_statistics_measured_once_for_the_same_weights(tmp_path):
    model, asked = build(tmp_path, "--batch_size", "2", "--ema", "0.5", "--nz", "3"), []
    (tmp_path / "run").mkdir()

    class Pairs:
        def __iter__(self):
            asked.append(model.n_updates)
            return iter([batch(2, seed=5)])

    model.calibrate_on(Pairs())
    learn(model, 1, n=2)
    random = torch.get_rng_state()
    model.save_networks("latest")
    model.test()
    assert torch.equal(torch.get_rng_state(), random) and asked == [1]
    for name in ("G", "G_ema"):
        saved = torch.load(tmp_path / "run" / f"latest_net_{name}.pth", weights_only=True)
        assert saved["model.model.1.model.2.num_batches_tracked"] == 1
    learn(model, 1, n=2)
    model.test()
    assert asked == [1, 2]
