"""The doctor reports nothing for healthy runs, and reports each problem once."""

import re

import numpy as np
import pytest

from training.doctor import TrainingDoctor
from training.loggers import Moment

EPOCH_SIZE, PRINT_FREQ = 291, 100


def moment(total, n_epochs=60):
    epoch, iters = divmod(total - 1, EPOCH_SIZE)
    return Moment(epoch + 1, n_epochs, iters + 1, EPOCH_SIZE, total, 2e-4, 12.5, 60.0)


def healthy(rng, done):
    """Return the losses of an LSGAN run at batch size 1: noisy, with a slowly rising generator loss."""
    d_real, d_fake = (max(0.005, 0.2 - 0.1 * done + 0.1 * x) for x in rng.normal(size=2))
    return {"G_GAN": 0.45 + 0.3 * done + 0.2 * abs(rng.normal()), "D_real": d_real, "D_fake": d_fake}


def won(rng, done, g_gan=0.98):
    lost = {"G_GAN": g_gan + 0.02 * rng.normal(), "D_real": 0.004, "D_fake": 0.003 * abs(rng.normal())}
    return lost if done > 0.5 else healthy(rng, done)


def won_for_a_moment(rng, done):
    return won(rng, done) if 0.5 < done < 0.53 else healthy(rng, done)


def watch(series, gan_mode="lsgan"):
    doctor, rng, n = TrainingDoctor(gan_mode=gan_mode), np.random.default_rng(0), 60 * EPOCH_SIZE
    return [
        text
        for total in range(PRINT_FREQ, n, PRINT_FREQ)
        for text in doctor.observe_losses(moment(total), series(rng, total / n))
    ]


@pytest.mark.parametrize(
    ("series", "gan_mode", "words"),
    [
        (healthy, "lsgan", None),
        (won_for_a_moment, "lsgan", None),
        (won, "wgangp", None),
        (won, "lsgan", ["discriminator has won", "--lr_D"]),
        (lambda rng, done: won(rng, done, 6), "vanilla", ["discriminator has won", "--gan_mode lsgan"]),
    ],
)
def test_doctor_reports_a_winning_discriminator_once(series, gan_mode, words):
    said = watch(series, gan_mode)
    assert len(said) == bool(words) and all(word in said[0] and "\n" not in said[0] for word in words or [])


def validate(values):
    doctor = TrainingDoctor()
    said = [(e, doctor.observe_validation(moment(e * EPOCH_SIZE), {"L1": v})) for e, v in enumerate(values)]
    return [(epoch, *texts) for epoch, texts in said if texts]


def test_doctor_reports_rising_validation_loss_but_ignores_noise():
    noise, epochs = np.random.default_rng(0).normal(size=200), np.arange(200)
    assert validate(0.12 + 0.1 * np.exp(-epochs / 40) + 0.004 * noise) == []
    assert validate(0.12 + 0.01 * noise) == []
    assert validate([0.1] * 20 + [0.3] * 3 + [0.1] * 20) == []
    curve = 0.12 + 0.1 * np.exp(-epochs / 15) + 0.0006 * np.maximum(0, epochs - 60) + 0.002 * noise
    ((epoch, text),) = validate(curve)
    assert 90 <= epoch <= 130 and "--epoch best" in text
    assert 45 <= int(re.search(r"around epoch (\d+)", text)[1]) <= 75
