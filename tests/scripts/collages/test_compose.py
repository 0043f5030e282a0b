import cv2
import numpy as np
import pytest
from animal_zoo import BODY, WING, beast, bird

from scripts.collages.animals import beyond
from scripts.collages.compose import CANVAS_PX, Collage, match_colors, over

RNG = np.random.default_rng


def parts(mask):
    return cv2.connectedComponents(mask.astype(np.uint8))[0] - 1


def close(color, expected, by=0.08):
    return np.all(np.abs(np.asarray(color) - expected) < by, axis=-1)


def test_a_cut_separates_the_head_alone():
    animal = beast()
    head = beyond(animal, "neck")
    assert head[35, 185] and head[35, 160] and not head[80, 90] and not head[120, 120] and not head[63, 30]
    assert beyond(animal, "tail")[63, 25] and beyond(animal, "tail").sum() < 400
    rear = beyond(animal, "waist")
    assert rear[80, 50] and rear[120, 50] and not rear[80, 100] and not rear[120, 120]


def test_a_swapped_head_closes_with_the_body():
    collage = Collage(beast(), RNG(0))
    collage.swap("neck", bird(), "neck", reach=0.3, most=0.5, match=0.8, most_px=120)
    rgba = collage.flatten()
    assert parts(rgba[..., 3] > 128) == 1
    # The muzzle of the beast is gone: the bird's head is narrower.
    plain = Collage(beast(), RNG(0)).flatten()
    assert rgba.shape[1] < plain.shape[1]


def test_colors_meet_at_the_seam_and_stay_far_from_it():
    body = np.zeros((CANVAS_PX, CANVAS_PX, 4), np.float32)
    part = body.copy()
    body[200:400, 100:300], part[200:400, 295:560] = (0.6, 0.4, 0.2, 1), (0.45, 0.4, 0.35, 1)
    seam, side = np.array([[300, 250], [300, 350.0]]), np.array([500, 300.0])
    new_body, new_part = match_colors(body, part, seam, side, 1)
    before = np.abs(body[300, 298, :3] - part[300, 302, :3]).sum()
    assert np.abs(new_body[300, 298, :3] - new_part[300, 302, :3]).sum() < 0.2 * before
    assert np.allclose(new_part[300, 550], part[300, 550], atol=0.02)
    same = match_colors(body, part * 0, seam, side, 1)
    assert same[0] is body


@pytest.mark.parametrize("far", [True, False])
def test_wings(far):
    collage = Collage(beast(), RNG(0))
    collage.add_wing(bird(), 0, far=far, length_px=200, turn=0)
    (layer,) = collage.behind if far else collage.front
    ys, xs = np.nonzero(layer[..., 3] > 0.5)
    back = collage.at("wings")
    assert 150 < back[0, 1] - ys.min() < 240  # as long as told, upwards
    assert parts(collage.flatten()[..., 3] > 128) == 1
    if far:  # the body hides its root and keeps its color there
        assert close(over(collage.body, layer)[int(back[0, 1]) + 15, int(back[0, 0]) - 15, :3], BODY)
    else:
        assert close(layer[ys.min() + 30, int(xs[ys < ys.min() + 35].mean()), :3], WING, 0.15)
