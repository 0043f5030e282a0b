"""The doctor is silent on healthy runs, and says once what is wrong with others."""

import math

import numpy as np
import pytest

from training.doctor import TrainingDoctor, check_batch_statistics
from training.loggers import Moment

EPOCH_SIZE, PRINT_FREQ = 291, 100


def moment(total, n_epochs=200):
    epoch, iters = divmod(total - 1, EPOCH_SIZE)
    return Moment(epoch + 1, n_epochs, iters + 1, EPOCH_SIZE, total, 2e-4, 12.5, 60.0)


def lsgan(rng, done):
    """A healthy least-squares run at batch 1: noisy, the generator slowly losing ground, L1 falling."""
    return {
        "G_GAN": 0.45 + 0.3 * done + 0.2 * abs(rng.normal()),
        "G_L1": (10 + 20 * math.exp(-3 * done)) * math.exp(0.25 * rng.normal()),
        "D_real": max(0.005, 0.22 - 0.1 * done + 0.1 * rng.normal()),
        "D_fake": max(0.005, 0.2 - 0.1 * done + 0.1 * rng.normal()),
    }


def vanilla(rng, done):
    losses = {"G_GAN": 1 + 2 * abs(rng.normal()), "D_real": abs(0.4 * rng.normal()) + 0.02}
    return lsgan(rng, done) | losses


def wgangp(rng, done):
    adversarial = {name: 35 * rng.normal() for name in ("G_GAN", "D_real", "D_fake")}
    g_l1 = (10 + 10 * math.exp(-5 * done)) * math.exp(0.2 * rng.normal())
    return adversarial | {"G_L1": g_l1, "grad_norm": 1 + 0.1 * rng.normal()}


def won(rng, done):
    lost = {"G_GAN": 0.98 + 0.02 * rng.normal(), "D_real": 0.004, "D_fake": 0.003 * abs(rng.normal())}
    return lsgan(rng, done) | (lost if done > 0.5 else {})


def won_for_a_moment(rng, done):
    return won(rng, 0.9) if 0.5 < done < 0.53 else lsgan(rng, done)


def spikes(rng, done):
    return lsgan(rng, done) | ({"G_L1": 5000.0} if rng.random() < 0.02 else {})


def lost(rng, done):
    return lsgan(rng, done) | {"G_GAN": 6 + rng.normal(), "D_real": 0.002, "D_fake": 0.002}


def explosion(rng, done):
    losses = lsgan(rng, done)
    return losses | {"G_L1": losses["G_L1"] * (1 + 1e4 * max(0.0, done - 0.6))}


def watch(series, *, gan_mode="lsgan", n_epochs=200, seed=0):
    doctor, rng, said = TrainingDoctor(gan_mode=gan_mode), np.random.default_rng(seed), []
    for total in range(PRINT_FREQ, n_epochs * EPOCH_SIZE, PRINT_FREQ):
        losses = series(rng, total / (n_epochs * EPOCH_SIZE))
        said += doctor.observe_losses(moment(total, n_epochs), losses)
    return said


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("series", "how"),
    [
        (lsgan, {"n_epochs": 5}),
        (lsgan, {}),
        (won_for_a_moment, {}),
        (spikes, {}),
        (vanilla, {"gan_mode": "vanilla"}),
        (wgangp, {"gan_mode": "wgangp"}),
        (won, {"gan_mode": "wgangp", "n_epochs": 30}),
    ],
)
def test_silent_on_healthy_losses(series, how, seed):
    assert watch(series, seed=seed, **how) == []


@pytest.mark.parametrize(
    ("gan_mode", "losses", "words"),
    [
        ("lsgan", won, ["discriminator has won", "--lr_D"]),
        ("vanilla", lost, ["discriminator has won", "--gan_mode lsgan"]),
        ("lsgan", explosion, ["G_L1 explodes", "--lr"]),
    ],
)
def test_what_is_wrong_with_losses_is_said_once_with_options_to_try(gan_mode, losses, words):
    (text,) = watch(losses, gan_mode=gan_mode)
    assert all(word in text for word in words) and "\n" not in text


def validate(values):
    doctor = TrainingDoctor()
    said = [
        (e, doctor.observe_validation(moment(e * EPOCH_SIZE), {"L1": v})) for e, v in enumerate(values, 1)
    ]
    return [(epoch, *texts) for epoch, texts in said if texts]


@pytest.mark.parametrize("seed", range(5))
def test_validation_that_falls_or_stays_is_no_finding(seed):
    noise = np.random.default_rng(seed).normal(size=200)
    assert validate(0.12 + 0.1 * np.exp(-np.arange(200) / 40) + 0.004 * noise) == []
    assert validate(0.12 + 0.01 * noise) == []
    assert validate([0.1] * 20 + [0.3] * 3 + [0.1] * 20) == []


def test_validation_that_has_turned_names_the_best_epoch():
    epochs, noise = np.arange(200), np.random.default_rng(0).normal(size=200)
    curve = 0.12 + 0.1 * np.exp(-epochs / 15) + 0.0006 * np.maximum(0, epochs - 60) + 0.002 * noise
    ((epoch, text),) = validate(curve)
    assert 70 <= epoch <= 110 and "--epoch best" in text
    assert 45 <= int(text.split("around epoch ")[1].split(",")[0]) <= 75


def look_at_samples(change, target_change):
    source = np.random.default_rng(0).integers(0, 100, (16, 16, 3), np.uint8)
    visuals = {"real_A": source, "fake_B": source + np.uint8(change)}
    if target_change is not None:
        visuals["real_B"] = source + np.uint8(target_change)
    doctor, odd = TrainingDoctor(), {"fake_B": source[:4, :4]}
    return [text for _ in range(5) for text in doctor.observe_outputs({"a": visuals, "b": visuals, "c": odd})]


@pytest.mark.parametrize(
    ("change", "target_change", "words"),
    [
        (2, 120, ["copies its input", "--direction"]),
        (0, 0, ["same image", "--dataroot"]),
        (60, 120, None),
        (60, None, None),
        (2, 8, None),
    ],
)
def test_a_generator_that_copies_and_pairs_of_the_same_image_are_said_once(change, target_change, words):
    said = look_at_samples(change, target_change)
    assert len(said) == bool(words) and all(word in said[0] for word in words or [])


@pytest.mark.parametrize(
    ("norm", "crop_size", "num_downs", "batch_size", "warns"),
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
    said = check_batch_statistics(norm, crop_size, num_downs, batch_size)
    assert len(said) == warns
    if said:
        assert "one pixel" in said[0] and "--netG unet_128" in said[0] and "--crop_size of 256" in said[0]
        assert ("--batch_size" in said[0]) == (norm == "batch")
