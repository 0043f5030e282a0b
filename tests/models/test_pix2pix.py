import copy

import pytest
import torch
from tiny_models import batch, build, learn, options

from data.transforms import to_unit_range
from models import create_model
from models.losses import gradient_penalty
from util.errors import UserError


def test_six_updates_reproduce_the_original(shared, tmp_path):
    reference = torch.load(shared / "parity" / "steps_lsgan.pt", weights_only=True)
    model = create_model(options(tmp_path, "--netG", "unet_256", "--ngf", "4", "--ndf", "4", "--no_dropout"))
    model.netG.load_state_dict(reference["init"]["G"])
    model.netD.load_state_dict(reference["init"]["D"])
    for i, losses in enumerate(reference["losses"]):
        pair = to_unit_range(reference["images_AB"][i % 3].permute(2, 0, 1)[None])
        model.set_input({"A": pair[..., :256], "B": pair[..., 256:], "A_paths": ["a"], "B_paths": ["a"]})
        model.optimize_parameters()
        assert model.get_current_losses() == pytest.approx(losses, rel=1e-4)
    # Where a gradient is nearly zero, rounding decides its sign and Adam takes a whole step by it: weights of
    # another machine or number of threads agree on average, not one by one.
    assert (model.fake_B - reference["last_fake_B"]).abs().mean() < 1e-3
    for name in "GD":
        ours = getattr(model, "net" + name).state_dict()
        assert list(ours) == list(reference["final"][name])
        for key, value in reference["final"][name].items():
            assert (ours[key] - value).abs().double().mean() < 1e-4, key


def test_a_discriminator_that_would_see_no_patch_is_refused(tmp_path):
    with pytest.raises(UserError, match="--crop_size 128 is too small for --netD n_layers"):
        build(tmp_path, "--crop_size", "128", "--netD", "n_layers", "--n_layers_D", "6")
    deepest = build(tmp_path, "--crop_size", "128", "--netD", "multi", "--num_D", "3")
    learn(deepest, 1)
    assert deepest.netD(torch.zeros(1, 6, 128, 128))[-1].shape[-1] == deepest.netD.map_side(128) == 2


def test_the_penalty_is_taken_where_the_augmented_critic_looks(tmp_path, monkeypatch):
    seen = []

    def spy(critic, real, fake, **more):
        seen.append((real, fake))
        return gradient_penalty(critic, real, fake, **more)

    monkeypatch.setattr("models.adversary.gradient_penalty", spy)
    model = build(
        tmp_path, "--gan_mode", "wgangp", "--diffaug", "translation", "--nz", "2", "--lambda_ms", "1"
    )
    learn(model, 1)
    assert len(seen) == 2  # one for each of the two images that the critic was shown
    assert all(not torch.equal(real[:, 3:], model.real_B) for real, _ in seen)
    assert not torch.equal(seen[0][1], seen[1][1])


def test_one_update_by_the_papers_formulas(tmp_path):
    model = build(tmp_path, "--no_dropout", "--norm", "none", "--lambda_L1", "7")
    G, D = copy.deepcopy(model.netG), copy.deepcopy(model.netD)
    model.set_input(batch())
    model.optimize_parameters()

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


def test_direction_decides_what_is_input(tmp_path):
    both = batch()
    for direction, source in (("AtoB", "A"), ("BtoA", "B")):
        model = build(tmp_path, "--direction", direction)
        model.set_input(both)
        assert torch.equal(model.real_A, both[source])


@pytest.mark.parametrize("mode", ["lsgan", "vanilla", "hinge", "wgangp", "msgan"])
def test_every_objective_trains_both_networks(tmp_path, mode):
    model = build(tmp_path, "--gan_mode", mode, "--ema", "0.9")
    before = copy.deepcopy((model.netG, model.netD))
    losses = learn(model, model.n_critic)
    assert all(map(torch.isfinite, map(torch.tensor, losses.values())))
    for was, now in zip(before, (model.netG, model.netD), strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(was.parameters(), now.parameters(), strict=True))
    extra = {"wgangp": {"W_distance", "D_gp", "grad_norm"}, "msgan": {"G_ms"}}.get(mode, set())
    assert set(losses) == {"G_GAN", "G_L1", "D_real", "D_fake"} | extra


def test_wgangp_has_the_papers_settings_unless_told(tmp_path):
    opt = options(tmp_path, "--gan_mode", "wgangp")
    assert (opt.norm_D, opt.beta1, opt.beta2, opt.n_critic, opt.lambda_gp) == ("none", 0.0, 0.9, 5, 10.0)
    assert options(tmp_path, "--gan_mode", "wgangp", "--beta1", "0.5", "--n_critic", "2").beta1 == 0.5
    assert options(tmp_path).norm_D is None
    with pytest.raises(UserError, match="batch norm mixes"):
        build(tmp_path, "--gan_mode", "wgangp", "--norm_D", "batch")


def test_the_generator_learns_at_every_n_critic_th_update(tmp_path):
    model = build(tmp_path, "--gan_mode", "wgangp", "--n_critic", "3")
    changed = []
    for i in range(6):
        before = [p.clone() for p in model.netG.parameters()]
        learn(model, 1, seed=i)
        changed.append(
            any(not torch.equal(a, b) for a, b in zip(before, model.netG.parameters(), strict=True))
        )
    assert changed == [False, False, True] * 2


def test_mode_seeking_needs_noise(tmp_path):
    with pytest.raises(UserError, match="--nz 8"):
        build(tmp_path, "--lambda_ms", "1")
    assert "G_ms" in learn(build(tmp_path, "--lambda_ms", "1", "--nz", "4"), 1)


def test_ema_follows_the_generator(tmp_path):
    model = build(tmp_path, "--ema", "0.5")
    start = [p.clone() for p in model.netG.parameters()]
    learn(model, 1)
    # The first update's decay is min(0.5, (1 + 1) / (10 + 1)).
    for mean, was, now in zip(model.netG_ema.parameters(), start, model.netG.parameters(), strict=True):
        torch.testing.assert_close(mean, was * 2 / 11 + now * 9 / 11)
    # Batch norm's running variances began at 1; their average lags behind in the same way.
    variances = {k: v for k, v in model.netG.state_dict().items() if k.endswith("running_var")}
    for key, now in variances.items():
        torch.testing.assert_close(model.netG_ema.state_dict()[key], 2 / 11 + now * 9 / 11)


def test_testing_depends_on_the_image_and_not_on_its_batch(tmp_path):
    model = build(tmp_path)
    three = batch(3)
    model.set_input(three)
    model.test()
    together = model.fake_B.clone()
    model.test(sample=1)
    assert not torch.equal(model.fake_B, together)  # dropout drew anew
    for i in range(3):
        model.set_input({k: v[i : i + 1] for k, v in three.items()})
        model.test()
        torch.testing.assert_close(model.fake_B, together[i : i + 1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("n", [1, 3])
def test_batch_norm_generates_by_the_statistics_it_was_trained_on(tmp_path, n):
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


def test_any_image_size_is_generated(tmp_path):
    model = build(tmp_path)
    odd = {k: v[..., :100, :77] if isinstance(v, torch.Tensor) else v for k, v in batch().items()}
    model.set_input(odd)
    model.test()
    assert model.fake_B.shape == (1, 3, 100, 77)


def test_testing_leaves_training_as_it_was(tmp_path):
    one, other = build(tmp_path), build(tmp_path)
    torch.manual_seed(1)
    learn(one, 2)
    torch.manual_seed(1)
    learn(other, 1)
    other.set_input(batch(seed=9))
    other.test()
    learn(other, 1, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(one.netG.parameters(), other.netG.parameters(), strict=True))


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--gan_mode", "wgangp"],
        ["--gan_mode", "msgan", "--ema", "0.99"],
        ["--lambda_proj", "1", "--ndf_proj", "4", "--diffaug", "color,translation"],
    ],
)
def test_a_state_taken_up_goes_on_bit_for_bit(tmp_path, more):
    through = build(tmp_path, *more)
    learn(through, 7)
    half = build(tmp_path, *more)
    learn(half, 3)
    torch.save({"model": half.state_dict(), "rng": torch.get_rng_state()}, tmp_path / "state.pth")
    resumed = build(tmp_path, *more, "--init_gain", "0.5")
    state = torch.load(tmp_path / "state.pth", weights_only=True)
    resumed.load_state_dict(state["model"])
    torch.set_rng_state(state["rng"])
    learn(resumed, 4, seed=3)
    for net in (f"net{name}" for name in through.model_names):
        wanted = getattr(through, net).state_dict()
        assert all(torch.equal(v, wanted[k]) for k, v in getattr(resumed, net).state_dict().items())


def test_a_loss_that_is_not_finite_is_dated_and_never_saved(tmp_path):
    model = build(tmp_path)
    (tmp_path / "run").mkdir()
    learn(model, 2)
    assert model.first_bad_update() is None
    model.save_networks("latest")
    good = (tmp_path / "run" / "latest_net_G.pth").read_bytes()
    poisoned = batch()
    poisoned["A"][0, 0, 0, 0] = float("nan")
    model.set_input(poisoned)
    model.optimize_parameters()
    learn(model, 1)
    assert model.first_bad_update() == 2
    with pytest.raises(UserError, match="no longer finite"):
        model.save_networks("latest")
    assert (tmp_path / "run" / "latest_net_G.pth").read_bytes() == good


def test_a_checkpoint_has_pix2pix_keys_and_plain_tensors(tmp_path, shared):
    (tmp_path / "run").mkdir()
    model = create_model(options(tmp_path, "--netG", "unet_256", "--ngf", "4", "--ndf", "4", "--amp", "bf16"))
    learn_batch = batch(size=256)
    model.set_input(learn_batch)
    model.optimize_parameters()
    model.save_networks("latest")
    reference = torch.load(shared / "parity" / "steps_lsgan.pt", weights_only=True)
    for name in "GD":
        saved = torch.load(tmp_path / "run" / f"latest_net_{name}.pth", weights_only=True)
        assert list(saved) == list(reference["final"][name])
        assert all(
            v.is_contiguous() and v.dtype == reference["final"][name][k].dtype for k, v in saved.items()
        )


def test_gradients_lie_in_memory_as_their_weights_do(tmp_path):
    # PyTorch's fused Adam on the CPU goes through both in memory order and would mix them up otherwise.
    model = build(tmp_path, "--amp", "bf16", "--batch_size", "2")
    assert model.precision.channels_last
    learn(model, 1, n=2)
    for net in (model.netG, model.netD):
        for parameter in net.parameters():
            if parameter.grad is not None:
                assert parameter.grad.stride() == parameter.stride()
