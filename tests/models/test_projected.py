import copy

import pytest
import torch
from tiny_models import batch, build, learn

from models.features import STRIDES, Features
from models.losses import GANLoss
from models.networks import define_D
from util.errors import UserError


@pytest.fixture(scope="module")
def critic():
    torch.manual_seed(0)
    return define_D(6, 8, "projected")


def pairs(n=2, size=64, seed=0):
    return torch.rand(n, 6, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def fixed_parts(critic):
    projection = {k: v for k, v in critic.state_dict().items() if k.startswith("projection.")}
    return projection, dict(critic.features.named_buffers())


def test_scores_of_every_scale_are_raw_maps(critic):
    scores = critic(pairs())
    assert [tuple(s.shape) for s in scores] == [(2, 1, 4, 4)] * 3 + [(2, 1, 2, 2)]
    assert scores[-1].shape[-1] == critic.map_side(64)


def test_known_features_give_the_same_scores(critic):
    critic.eval()
    x = pairs()
    known = critic(x, critic.features(x[:, 3:]))
    assert all(torch.equal(a, b) for a, b in zip(critic(x), known, strict=True))
    critic.train()


def test_the_condition_and_the_image_matter_to_every_head(critic):
    x = pairs().requires_grad_(True)
    for score in critic(x):
        (gradient,) = torch.autograd.grad(score.sum(), x, retain_graph=True)
        assert gradient[:, :3].abs().max() > 0
        assert gradient[:, 3:].abs().max() > 0


def test_fixed_parts_have_no_gradient_and_never_change(tmp_path):
    model = build(tmp_path, "--lambda_proj", "1", "--ndf_proj", "4")
    before = copy.deepcopy(fixed_parts(model.netD_proj))
    heads = copy.deepcopy(list(model.netD_proj.heads.parameters()))
    learn(model, 2)
    assert not any(p.requires_grad for p in model.netD_proj.features.buffers())
    for was, now in zip(before, fixed_parts(model.netD_proj), strict=True):
        assert was and all(torch.equal(was[k], v) for k, v in now.items())
    assert any(not torch.equal(a, b) for a, b in zip(heads, model.netD_proj.heads.parameters(), strict=True))


def test_the_feature_network_is_in_no_checkpoint(tmp_path):
    model = build(tmp_path, "--lambda_proj", "1", "--ndf_proj", "4")
    learn(model, 1)
    (tmp_path / "run").mkdir()
    model.save_networks("latest")
    saved = torch.load(tmp_path / "run" / "latest_net_D_proj.pth", weights_only=True)
    assert saved and not any("features" in key for key in saved)
    assert not any(
        "features" in key for net in model.state_dict().values() if isinstance(net, dict) for key in net
    )
    again = build(tmp_path, "--lambda_proj", "1", "--ndf_proj", "4")
    again.load_networks("latest")
    x = pairs(1, 128)
    model.netD_proj.eval(), again.netD_proj.eval()
    assert all(torch.equal(a, b) for a, b in zip(model.netD_proj(x), again.netD_proj(x), strict=True))


@pytest.mark.parametrize("mode", ["lsgan", "vanilla", "hinge", "wgangp", "msgan"])
def test_alone_it_serves_every_objective(tmp_path, mode):
    model = build(tmp_path, "--gan_mode", mode, "--netD", "projected", "--ndf", "4", "--ema", "0.9")
    before = copy.deepcopy((model.netG, model.netD))
    losses = learn(model, model.n_critic)
    assert all(map(torch.isfinite, map(torch.tensor, losses.values())))
    for was, now in zip(before, (model.netG, model.netD), strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(was.parameters(), now.parameters(), strict=True))


@pytest.mark.parametrize("mode", ["lsgan", "wgangp", "msgan"])
def test_beside_the_patchgan_it_adds_its_verdict(tmp_path, mode):
    model = build(tmp_path, "--gan_mode", mode, "--lambda_proj", "2", "--ndf_proj", "4")
    losses = learn(model, model.n_critic)
    assert {"D_proj_real", "D_proj_fake", "G_GAN_proj"} <= set(losses)
    assert {id(p) for p in model.netD_proj.parameters()} <= {
        id(p) for group in model.optimizer_D.param_groups for p in group["params"]
    }


def test_one_update_adds_the_terms_by_their_weights(tmp_path):
    model = build(tmp_path, "--no_dropout", "--lambda_proj", "2", "--ndf_proj", "4")
    G = copy.deepcopy(model.netG)
    losses = learn(model, 1)
    # Between the verdict and now, spectral norm has taken one more power iteration.
    fake = G(model.real_A)
    model.netD_proj.eval()
    scores = model.netD_proj(torch.cat([model.real_A, fake], 1))
    verdict = GANLoss("hinge")(scores, True, for_discriminator=False)
    assert losses["G_GAN_proj"] == pytest.approx(2 * verdict.item(), rel=1e-3)


def test_bf16_computes_features_in_fp32():
    features, x = Features(), pairs()[:, 3:]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = features(x)
    assert all(
        f.dtype == torch.float32 and torch.equal(f, g) for f, g in zip(found, features(x), strict=True)
    )
    assert [64 // f.shape[-1] for f in found] == list(STRIDES)


@pytest.mark.parametrize("critic", [["--netD", "projected"], ["--lambda_proj", "1"]])
def test_sizes_that_the_features_cannot_take_are_refused(tmp_path, critic):
    resnet = ["--netG", "resnet_6blocks", "--ndf", "4", "--ndf_proj", "4", *critic]
    with pytest.raises(UserError, match="--crop_size 100 must be a multiple of 32"):
        build(tmp_path, *resnet, "--crop_size", "100")
    whole = build(tmp_path, *resnet, "--preprocess", "none")
    whole.set_input(batch(size=100))
    with pytest.raises(UserError, match="multiples of 32"):
        whole.optimize_parameters()
    learn(build(tmp_path, *resnet, "--crop_size", "96"), 1, size=96)
