"""pix2pix: updates compared with the original project and the papers' formulas, testing, and resuming."""

import copy

import pytest
import torch
from tiny_models import batch, build, learn, options

from data.transforms import to_unit_range
from models import create_model
from models.choices import GAN_MODES
from util.errors import UserError


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_six_updates_reproduce_the_original(shared, tmp_path):
    reference = torch.load(shared / "parity" / "steps_lsgan.pt", weights_only=True)
    model = create_model(options(tmp_path, "--netG", "unet_256", "--ngf", "4", "--ndf", "4", "--no_dropout"))
    for name in "GD":
        getattr(model, "net" + name).load_state_dict(reference["init"][name])
    for i, losses in enumerate(reference["losses"]):
        pair = to_unit_range(reference["images_AB"][i % 3].permute(2, 0, 1)[None])
        model.set_input({"A": pair[..., :256], "B": pair[..., 256:], "A_paths": ["a"], "B_paths": ["a"]})
        model.optimize_parameters()
        assert model.get_current_losses() == pytest.approx(losses, rel=1e-4)
    # Rounding decides the sign of a nearly zero gradient, and Adam still takes a full step. On another
    # machine, weights therefore agree only on average.
    assert (model.fake_B - reference["last_fake_B"]).abs().mean() < 1e-3
    (tmp_path / "run").mkdir()
    model.save_networks("latest")
    for name, wanted in reference["final"].items():
        saved = torch.load(tmp_path / "run" / f"latest_net_{name}.pth", weights_only=True)
        assert list(saved) == list(wanted)
        for key, value in wanted.items():
            assert saved[key].dtype == value.dtype and saved[key].is_contiguous()
            assert (saved[key] - value).abs().double().mean() < 1e-4, key


def test_crop_too_small_for_the_discriminator_is_refused(tmp_path):
    with pytest.raises(UserError, match="--crop_size 128 is too small for --netD n_layers"):
        build(tmp_path, "--crop_size", "128", "--netD", "n_layers", "--n_layers_D", "6")


def test_one_update_matches_the_papers_formulas(tmp_path):
    model = build(tmp_path, "--no_dropout", "--norm", "none", "--lambda_L1", "7")
    G, D = copy.deepcopy(model.netG), copy.deepcopy(model.netD)
    learn(model, 1)

    A, B = model.real_A, model.real_B
    fake = G(A)
    optimizer = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_fake = D(torch.cat([A, fake.detach()], 1)).square().mean()
    d_real = (D(torch.cat([A, B], 1)) - 1).square().mean()
    (0.5 * (d_fake + d_real)).backward()
    optimizer.step()
    g_gan = (D(torch.cat([A, fake], 1)) - 1).square().mean()
    g_l1 = 7 * (fake - B).abs().mean()
    optimizer = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    (g_gan + g_l1).backward()
    optimizer.step()

    wanted = {"D_real": d_real, "D_fake": d_fake, "G_GAN": g_gan, "G_L1": g_l1}
    assert model.get_current_losses() == pytest.approx({k: v.item() for k, v in wanted.items()}, rel=1e-5)
    for ours, theirs in ((model.netG, G), (model.netD, D)):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("mode", "netD"), [*((mode, "basic") for mode in GAN_MODES), ("wgangp", "projected")]
)
def test_every_objective_trains_both_networks(tmp_path, mode, netD):
    model = build(tmp_path, "--gan_mode", mode, "--netD", netD, "--ndf", "4", "--n_critic", "1")
    G, D = copy.deepcopy((model.netG, model.netD))
    losses = learn(model, 1)
    assert model.first_bad_update() is None and not same(model.netG, G) and not same(model.netD, D)
    extra = {"wgangp": {"W_distance", "D_gp", "grad_norm"}, "msgan": {"G_ms"}}.get(mode, set())
    assert set(losses) == {"G_GAN", "G_L1", "D_real", "D_fake"} | extra


def test_wgangp_defaults_match_the_paper(tmp_path):
    opt = options(tmp_path, "--gan_mode", "wgangp")
    assert (opt.norm_D, opt.beta1, opt.beta2, opt.n_critic, opt.lambda_gp) == ("none", 0.0, 0.9, 5, 10.0)
    model = build(tmp_path, "--gan_mode", "wgangp", "--n_critic", "3", "--beta1", "0.5")
    changed = []
    for i in range(6):
        before = copy.deepcopy(model.netG)
        learn(model, 1, seed=i)
        changed.append(not same(before, model.netG))
    assert changed == [False, False, True] * 2 and model.optimizer_G.param_groups[0]["betas"] == (0.5, 0.9)


def test_mode_seeking_needs_noise(tmp_path):
    with pytest.raises(UserError, match="--nz 8"):
        build(tmp_path, "--lambda_ms", "1")
    assert "G_ms" in learn(build(tmp_path, "--lambda_ms", "1", "--nz", "4"), 1)


def test_color_loss_compares_8_px_averages(tmp_path):
    model = build(tmp_path, "--lambda_color", "10", "--lambda_L1", "0")
    target = torch.rand(1, 3, 32, 32, generator=torch.manual_seed(0))
    checker = 0.2 * ((torch.arange(32) + torch.arange(32)[:, None]) % 2 * 2 - 1)
    model.adversaries = []
    terms = [model.losses_G([], [fake], target, [])["G_color"] for fake in (target + checker, target + 0.2)]
    assert terms[0] == pytest.approx(0, abs=1e-5) and terms[1] == pytest.approx(2, abs=1e-4)


def test_generated_image_does_not_depend_on_its_batch(tmp_path):
    model, three = build(tmp_path), batch(3)
    model.set_input(three)
    model.test()
    together = model.fake_B.clone()
    model.test(sample=1)
    assert not torch.equal(model.fake_B, together)  # with different dropout
    for i in range(3):
        model.set_input({k: v[i : i + 1] for k, v in three.items()})
        model.test()
        torch.testing.assert_close(model.fake_B, together[i : i + 1], rtol=0, atol=1e-5)
    model.set_input({k: v[..., :100, :77] if isinstance(v, torch.Tensor) else v for k, v in batch().items()})
    model.test()
    assert model.fake_B.shape == (1, 3, 100, 77)


@pytest.mark.parametrize("n", [1, 3])
def test_testing_uses_the_batch_norm_statistics_from_training(tmp_path, n):
    model = build(tmp_path, "--no_dropout", "--batch_size", str(n))
    learn(model, 3, n=n)
    model.set_input(batch(2, seed=9))
    model.test()
    with torch.no_grad():
        by_running = model.netG.eval()(model.real_A)
        net = model.netG.train()
        by_their_own = torch.cat([net(x[None]) for x in model.real_A])
    assert not torch.allclose(by_running, by_their_own, atol=1e-3)
    torch.testing.assert_close(model.fake_B, by_their_own if n == 1 else by_running, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "line", ["--gan_mode wgangp", "--gan_mode msgan --ema 0.99", "--lambda_proj 1 --ndf_proj 4"]
)
def test_resumed_state_is_bit_exact(tmp_path, line):
    more = line.split()
    through = build(tmp_path, *more)
    learn(through, 5)
    half = build(tmp_path, *more)
    learn(half, 3)
    half.test()  # testing does not change training
    torch.save({"model": half.state_dict(), "rng": torch.get_rng_state()}, tmp_path / "state.pth")
    resumed = build(tmp_path, *more, "--init_gain", "0.5")
    state = torch.load(tmp_path / "state.pth", weights_only=True)
    resumed.load_state_dict(state["model"])
    torch.set_rng_state(state["rng"])
    learn(resumed, 2, seed=3)
    for net in (f"net{name}" for name in through.model_names):
        wanted = getattr(through, net).state_dict()
        assert all(torch.equal(v, wanted[k]) for k, v in getattr(resumed, net).state_dict().items())


def test_gradients_and_weights_have_the_same_memory_layout(tmp_path):
    # PyTorch's fused Adam on the CPU reads both in memory order, so different layouts would mix up elements.
    model = build(tmp_path, "--amp", "bf16", "--batch_size", "2")
    assert model.precision.channels_last
    learn(model, 1, n=2)
    for parameter in (*model.netG.parameters(), *model.netD.parameters()):
        assert parameter.grad is None or parameter.grad.stride() == parameter.stride()
