"""The generator's moving average, and batch norm statistics measured on training images."""

import copy

import torch
from tiny_models import batch, build, learn


def test_moving_average_includes_batch_norm_statistics(tmp_path):
    model = build(tmp_path, "--ema", "0.5")
    start = copy.deepcopy(model.netG.state_dict())
    learn(model, 1)
    # In the first update, the decay is min(0.5, (1 + 1) / (10 + 1)).
    for key, mean in model.netG_ema.state_dict().items():
        if mean.is_floating_point():
            wanted = start[key] * 2 / 11 + model.netG.state_dict()[key] * 9 / 11
            torch.testing.assert_close(mean, wanted)


def test_batch_norm_statistics_are_measured_once_per_update(tmp_path):
    model, asked = build(tmp_path, "--batch_size", "2", "--ema", "0.5", "--nz", "3"), []
    (tmp_path / "run").mkdir()

    class Pairs:
        def __iter__(self):
            asked.append(model.n_updates)
            return iter([batch(2, seed=5)])

    model.calibration_pairs = Pairs()
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
