import numpy as np
from animal_packages import ROUGH, photo_of_an_ellipse

from scripts.animal_photos.cutout import cut_out


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
