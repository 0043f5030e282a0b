import cv2
import numpy as np
from animal_packages import ROUGH, photo_of_an_ellipse

from scripts.animal_photos.cutout import MAX_SIDE_PX, cut_out


def test_an_animal_is_cut_out_from_a_rough_outline():
    rgb, mask = photo_of_an_ellipse()
    cut = cut_out(rgb, ROUGH)
    frame = np.ptp(np.array(ROUGH), axis=0)[::-1]
    assert np.all(np.array(cut.shape[:2]) - frame <= 6)
    inside = cut[..., 3] > 127
    assert abs(int(inside.sum()) - int(mask.sum())) < 0.04 * mask.sum()
    # No green of the ground is left, not even where the border is half transparent.
    green = cut[..., 1].astype(int) > cut[..., 0] + 20
    assert not green[cut[..., 3] > 0].any()
    assert np.array_equal(cut, cut_out(rgb, ROUGH))


def test_large_animals_are_made_smaller():
    rgb, _ = photo_of_an_ellipse()
    rgb = cv2.resize(rgb, None, fx=12, fy=12)
    assert 0 < max(cut_out(rgb, [(12 * x, 12 * y) for x, y in ROUGH]).shape) - MAX_SIDE_PX < 25
