import math

import numpy as np
import pytest

from training.doctor import TrainingDoctor, check_batch_statistics
from training.loggers import Moment

EPOCH_SIZE = 291
PRINT_FREQ = 100


def progress(total: int, n_epochs: int) -> Moment:
    epoch, iters = divmod(total - 1, EPOCH_SIZE)
    return Moment(epoch + 1, n_epochs, iters + 1, EPOCH_SIZE, total, 2e-4, 12.5, 60.0)


def lsgan(rng, done: float) -> dict[str, float]:
    """A healthy least-squares run at batch 1: noisy, the generator slowly losing ground, L1 falling."""
    return {
        "G_GAN": 0.45 + 0.3 * done + 0.2 * abs(rng.normal()),
        "G_L1": (10 + 20 * math.exp(-3 * done)) * math.exp(0.25 * rng.normal()),
        "D_real": max(0.005, 0.22 - 0.1 * done + 0.1 * rng.normal()),
        "D_fake": max(0.005, 0.2 - 0.1 * done + 0.1 * rng.normal()),
    }


def vanilla(rng, done: float) -> dict[str, float]:
    losses = lsgan(rng, done)
    return {**losses, "G_GAN": 1 + 2 * abs(rng.normal()), "D_real": abs(0.4 * rng.normal()) + 0.02}


def wgangp(rng, done: float) -> dict[str, float]:
    return {
        "G_GAN": 40 * rng.normal(),
        "G_L1": 15 * math.exp(0.2 * rng.normal()),
        "D_real": 30 * rng.normal(),
        "D_fake": 30 * rng.normal(),
        "grad_norm": 1 + 0.1 * rng.normal(),
    }


def watch(doctor: TrainingDoctor, series, *, n_epochs: int = 200, start: int = 0, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    said = []
    for total in range(start * EPOCH_SIZE + PRINT_FREQ, n_epochs * EPOCH_SIZE, PRINT_FREQ):
        done = total / (n_epochs * EPOCH_SIZE)
        said += doctor.observe_losses(progress(total, n_epochs), series(rng, done))
    return said


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_epochs", [5, 200, 800])
def test_silent_on_a_healthy_lsgan_run(seed, n_epochs):
    assert watch(TrainingDoctor(), lsgan, n_epochs=n_epochs, seed=seed) == []


@pytest.mark.parametrize("seed", range(5))
def test_silent_on_slow_linear_progress_and_on_the_flat_end_of_a_resumed_run(seed):
    def slow(rng, done):
        return {**lsgan(rng, done), "G_L1": (30 - 20 * done) * math.exp(0.25 * rng.normal())}

    def at_its_end(rng, done):
        return {**lsgan(rng, 1.0), "G_L1": 10 + rng.normal()}

    assert watch(TrainingDoctor(), slow, n_epochs=800, seed=seed) == []
    assert watch(TrainingDoctor(), at_its_end, n_epochs=800, start=300, seed=seed) == []


def test_silent_on_the_other_healthy_objectives():
    assert watch(TrainingDoctor(gan_mode="vanilla"), vanilla) == []

    def with_falling_l1(rng, done):
        return {**wgangp(rng, done), "G_L1": (10 + 10 * math.exp(-5 * done)) * math.exp(0.2 * rng.normal())}

    assert watch(TrainingDoctor(gan_mode="wgangp"), with_falling_l1) == []


def won(rng, done):
    losses = lsgan(rng, done)
    if done > 0.5:
        losses.update(G_GAN=0.98 + 0.02 * rng.normal(), D_real=0.004, D_fake=0.003 * abs(rng.normal()))
    return losses


def test_discriminator_has_won_is_said_once_with_options():
    said = watch(TrainingDoctor(), won)
    assert len(said) == 1
    assert "discriminator has won" in said[0] and "--diffaug" in said[0] and "--lr" in said[0]
    assert "\n" not in said[0]


def test_a_discriminator_that_wins_for_a_moment_is_no_finding():
    def moment(rng, done):
        return won(rng, 0.9) if 0.5 < done < 0.53 else lsgan(rng, done)

    assert watch(TrainingDoctor(), moment) == []


def test_a_critic_cannot_win():
    assert watch(TrainingDoctor(gan_mode="wgangp"), won, n_epochs=30) == []


def test_vanilla_is_advised_to_try_lsgan():
    def lost(rng, done):
        return {**lsgan(rng, done), "G_GAN": 6 + rng.normal(), "D_real": 0.002, "D_fake": 0.002}

    said = watch(TrainingDoctor(gan_mode="vanilla"), lost)
    assert len(said) == 1 and "--gan_mode lsgan" in said[0]


def test_flat_loss_is_said_once_and_early():
    def flat(rng, done):
        return {**lsgan(rng, 0.0), "G_L1": 30 * math.exp(0.15 * rng.normal())}

    doctor = TrainingDoctor()
    said = watch(doctor, flat, n_epochs=800)
    assert len(said) == 1 and "G_L1 has not fallen" in said[0] and "--lr" in said[0]
    epochs = int(said[0].split(" epochs")[0].split()[-1])
    assert 80 <= epochs <= 400


def test_exploding_loss_is_said_once_and_a_lone_spike_is_not():
    def spike(rng, done):
        losses = lsgan(rng, done)
        return {**losses, "G_L1": 5000.0} if rng.random() < 0.02 else losses

    def explosion(rng, done):
        losses = lsgan(rng, done)
        return {**losses, "G_L1": losses["G_L1"] * (1 + 1e4 * max(0.0, done - 0.6))}

    assert watch(TrainingDoctor(), spike) == []
    said = watch(TrainingDoctor(), explosion)
    assert len(said) == 1 and "G_L1 explodes" in said[0] and "--lr" in said[0]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_not_finite_is_said_at_once_and_once(value):
    doctor = TrainingDoctor()
    now = progress(1000, 10)
    said = doctor.observe_losses(now, {"G_GAN": 0.5, "G_L1": value})
    assert len(said) == 1 and "G_L1" in said[0] and "--lr" in said[0] and "epoch 4" in said[0]
    assert doctor.observe_losses(now, {"G_GAN": value, "G_L1": value}) == []


def validate(values, name="L1") -> list[tuple[int, str]]:
    doctor = TrainingDoctor()
    said = []
    for epoch, value in enumerate(values, start=1):
        moment = progress(epoch * EPOCH_SIZE, 200)
        said += [(epoch, text) for text in doctor.observe_validation(moment, {name: value})]
    return said


@pytest.mark.parametrize("seed", range(5))
def test_validation_that_falls_or_stays_is_no_finding(seed):
    rng = np.random.default_rng(seed)
    falling = [0.12 + 0.1 * math.exp(-epoch / 40) + 0.004 * rng.normal() for epoch in range(200)]
    assert validate(falling) == []
    assert validate([0.12 + 0.01 * rng.normal() for _ in range(200)]) == []
    assert validate([0.6 - v for v in falling], name="SSIM") == []


def test_validation_that_has_turned_names_the_best_epoch():
    rng = np.random.default_rng(0)
    curve = [
        0.12 + 0.1 * math.exp(-e / 15) + 0.0006 * max(0, e - 60) + 0.002 * rng.normal() for e in range(200)
    ]
    ((epoch, text),) = validate(curve)
    assert 70 <= epoch <= 110 and "--epoch best" in text
    best = int(text.split("around epoch ")[1].split(",")[0])
    assert 45 <= best <= 75
    assert len(validate([1 - 2 * v for v in curve], name="SSIM")) == 1


def test_one_bad_measurement_is_no_turn():
    values = [0.1] * 50
    values[20:23] = [0.3, 0.3, 0.3]
    assert validate(values) == []


def samples(change: int, target_change: int | None = 120) -> dict[str, dict[str, np.ndarray]]:
    source = np.random.default_rng(0).integers(0, 100, (16, 16, 3), np.uint8)
    visuals = {"real_A": source, "fake_B": source + np.uint8(change)}
    if target_change is not None:
        visuals["real_B"] = source + np.uint8(target_change)
    return {"a": visuals, "b": visuals}


def test_a_generator_that_copies_is_said_once():
    doctor = TrainingDoctor()
    said = [text for epoch in range(1, 6) for text in doctor.observe_outputs(progress(epoch, 9), samples(2))]
    assert len(said) == 1 and "copies its input" in said[0] and "--direction" in said[0]


@pytest.mark.parametrize("change, target", [(60, 120), (60, None), (2, 8)])
def test_a_generator_that_changes_what_is_to_be_changed_is_fine(change, target):
    doctor = TrainingDoctor()
    assert not any(doctor.observe_outputs(progress(e, 9), samples(change, target)) for e in range(1, 6))


def test_pairs_of_the_same_image_are_named_for_what_they_are():
    doctor = TrainingDoctor()
    said = [
        text for epoch in range(1, 6) for text in doctor.observe_outputs(progress(epoch, 9), samples(0, 0))
    ]
    assert len(said) == 1 and "same image" in said[0] and "--dataroot" in said[0]


def test_images_that_do_not_compare_are_left_alone():
    odd = {"a": {"fake_B": np.zeros((4, 4, 3), np.uint8)}, "b": {"real_A": np.zeros((4, 4, 3), np.uint8)}}
    doctor = TrainingDoctor()
    assert not any(doctor.observe_outputs(progress(e, 9), odd) for e in range(1, 6))


@pytest.mark.parametrize(
    "norm, crop_size, num_downs, batch_size, warns",
    [
        ("batch", 256, 8, 1, False),  # the family's default: 2x2 values
        ("batch", 128, 7, 1, False),
        ("batch", 128, 8, 1, True),
        ("batch", 128, 8, 4, False),
        ("instance", 128, 8, 4, True),
        ("none", 128, 8, 1, False),
    ],
)
def test_batch_statistics_of_one_pixel(norm, crop_size, num_downs, batch_size, warns):
    said = check_batch_statistics(norm=norm, crop_size=crop_size, num_downs=num_downs, batch_size=batch_size)
    assert len(said) == warns
    if said:
        assert "one pixel" in said[0] and "--netG unet_128" in said[0] and "--crop_size of 256" in said[0]
        assert ("--batch_size" in said[0]) == (norm == "batch")
