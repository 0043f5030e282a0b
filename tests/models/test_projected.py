"""The projected discriminator, which uses pretrained features."""

import copy

import pytest
import torch
from tiny_models import batch, build, learn

from models.losses import GANLoss
from util.errors import UserError

BOTH = ["--lambda_proj", "2", "--ndf_proj", "4"]


def pairs(n=2, size=64):
    return torch.rand(n, 6, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_projected_loss_is_weighted(tmp_path):
    model = build(tmp_path, "--no_dropout", *BOTH)
    G, before = copy.deepcopy(model.netG), copy.deepcopy(model.netD_proj)
    losses = learn(model, 1)
    # Spectral norm has run one more power iteration since the loss was computed.
    scores = model.netD_proj.eval()(torch.cat([model.real_A, G(model.real_A)], 1))
    wanted = 2 * GANLoss("hinge")(scores, True, for_discriminator=False).item()
    assert losses["G_GAN_proj"] == pytest.approx(wanted, rel=1e-3)
    assert {"D_proj_real", "D_proj_fake", "D_real", "D_fake", "G_GAN"} <= set(losses)
    # The heads have changed; features and random projections never change.
    for part in ("features", "projection", "heads"):
        was, now = getattr(before, part), getattr(model.netD_proj, part)
        tensors = zip([*was.parameters(), *was.buffers()], [*now.parameters(), *now.buffers()], strict=True)
        assert all(torch.equal(a, b) for a, b in tensors) == (part != "heads")


def test_checkpoints_exclude_the_feature_network(tmp_path):
    model = build(tmp_path, *BOTH)
    (tmp_path / "run").mkdir()
    model.save_networks("latest")
    saved = torch.load(tmp_path / "run" / "latest_net_D_proj.pth", weights_only=True)
    assert saved and not any("features" in key for key in saved)
    state = model.state_dict().values()
    assert not any("features" in key for net in state if isinstance(net, dict) for key in net)
    again = build(tmp_path, *BOTH, "--init_gain", "0.5")
    again.load_networks("latest")
    scores = (net.eval()(pairs(1, 128)) for net in (model.netD_proj, again.netD_proj))
    assert all(torch.equal(a, b) for a, b in zip(*scores, strict=True))


@pytest.mark.parametrize("critic", [["--netD", "projected"], ["--lambda_proj", "1"]])
def test_sizes_unsupported_by_the_features_are_refused(tmp_path, critic):
    resnet = ["--netG", "resnet_6blocks", "--ndf", "4", "--ndf_proj", "4", *critic]
    with pytest.raises(UserError, match="--crop_size 100 must be a multiple of 32"):
        build(tmp_path, *resnet, "--crop_size", "100")
    model = build(tmp_path, *resnet, "--preprocess", "none")
    model.set_input(batch(size=100))
    with pytest.raises(UserError, match="multiples of 32"):
        model.optimize_parameters()
    learn(build(tmp_path, *resnet, "--crop_size", "96"), 1, size=96)
