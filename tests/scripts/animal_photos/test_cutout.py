import cv2
import numpy as np
from animal_packages import ROUGH, photo_of_an_ellipse

from scripts.animal_photos.cutout import MAX_SIDE_PX, cut_out


def test_an_animal_is_cut_out_from_a_rough_outline():
    rgb, mask = photo_of_an_ellipse()
    cut = cut_out(rgb, ROUGH)
    inside = cut[..., 3] > 127
    ys, xs = np.nonzero(mask)
    expected = mask[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] > 0
    assert abs(cut.shape[0] - expected.shape[0]) <= 4 and abs(cut.shape[1] - expected.shape[1]) <= 4
    assert abs(int(inside.sum()) - int(expected.sum())) < 0.04 * expected.sum()
    # No green of the ground is left, not even where the border is half transparent.
    green = cut[..., 1].astype(int) > cut[..., 0] + 20
    assert not green[cut[..., 3] > 0].any()
    assert np.array_equal(cut, cut_out(rgb, ROUGH))


def test_large_animals_are_made_smaller():
    rgb, _ = photo_of_an_ellipse()
    rgb = cv2.resize(rgb, None, fx=12, fy=12)
    assert 600 <= max(cut_out(rgb, [(12 * x, 12 * y) for x, y in ROUGH]).shape) <= MAX_SIDE_PX
