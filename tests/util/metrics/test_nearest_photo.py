"""The nearest photo: copies are found, also mirrored, recompressed and tinted; strangers are far."""

import cv2
import numpy as np
import pytest

from util.metrics.nearest_photo import PhotoIndex


def photos(n=6, seed=0):
    rng = np.random.default_rng(seed)
    return [
        cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)
        for _ in range(n)
    ]


def test_a_copy_is_at_zero():
    known = photos()
    found = PhotoIndex(known).find(known[3])
    assert (found.index, found.mirrored) == (3, False)
    assert found.ratio == pytest.approx(0, abs=1e-3)


def test_a_mirrored_copy_is_found():
    known = photos()
    found = PhotoIndex(known).find(known[2][:, ::-1])
    assert (found.index, found.mirrored) == (2, True)
    assert found.ratio == pytest.approx(0, abs=1e-3)


def test_a_noisy_copy_is_near_and_a_stranger_is_not():
    index = PhotoIndex(photos())
    noise = np.random.default_rng(1).normal(0, 20, (96, 96, 3))
    noisy = np.clip(photos()[4] + noise, 0, 255).astype(np.uint8)
    near, far = index.find(noisy), index.find(photos(1, seed=9)[0])
    assert near.index == 4
    assert near.ratio < 0.3 < 0.7 < far.ratio


def test_the_unit_is_the_photos_own_nearest_distance():
    # Grey images differ in L alone: among 0, 100 and 200 the nearest other one is a step away for each.
    grey = [np.full((32, 32, 3), value, np.uint8) for value in (0, 100, 200)]
    lightness = [cv2.cvtColor(np.float32(g) / 255, cv2.COLOR_RGB2LAB)[0, 0, 0] for g in grey]
    steps = [lightness[1] - lightness[0], min(np.diff(lightness)), lightness[2] - lightness[1]]
    between = np.full((32, 32, 3), 150, np.uint8)
    level = cv2.cvtColor(np.float32(between) / 255, cv2.COLOR_RGB2LAB)[0, 0, 0]
    expected = min(abs(level - value) for value in lightness) / np.median(steps)
    assert PhotoIndex(grey).find(between).ratio == pytest.approx(expected, rel=1e-3)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match="two or more"):
        PhotoIndex(photos(1))
    with pytest.raises(ValueError, match="two or more"):
        PhotoIndex([])
    with pytest.raises(ValueError, match="there twice"):
        PhotoIndex(photos(2) * 2)
