"""Tests of frames around drawings, and of pasting generated images over the drawings."""

import cv2
import numpy as np
import pytest

from data.framing import Frame, crop, find_frames, put_back


def sheet(*boxes, shape=(600, 900)):
    ink = np.zeros(shape, np.uint8)
    for x, y, w, h in boxes:
        cv2.ellipse(ink, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, 255, 3)
    return ink


def test_a_drawing_fills_nine_tenths_of_its_frame():
    ink = sheet((120, 300, 200, 100))
    (frame,) = find_frames(ink)
    x, y, w, h = cv2.boundingRect(crop(ink, frame, ground=0))
    side = crop(ink, frame).shape[0]
    assert abs(w / side - 0.9) < 0.02
    assert abs(x + w / 2 - side / 2) < 2 and abs(y + h / 2 - side / 2) < 2


def test_separate_animals_get_separate_frames_from_left_to_right():
    ink = sheet((500, 100, 300, 300), (40, 250, 280, 200))
    frames = find_frames(ink)
    assert [f.left < 200 for f in frames] == [True, False]
    (together,) = find_frames(ink, several=False)
    assert together.side > 800


@pytest.mark.parametrize("size_px", [64, 256])
def test_put_back_pastes_an_image_over_its_drawing(size_px):
    original = np.full((300, 500, 3), 200, np.uint8)
    frame = Frame(100, 50, 128)
    generated = np.zeros((size_px, size_px, 3), np.uint8)
    generated[: size_px // 2] = 90
    placed = put_back(generated, original, frame.to_source(size_px))
    assert (placed[60:105, 110:220] == 90).all() and (placed[125:170, 110:220] == 0).all()
    outside = np.ones((300, 500), bool)
    outside[49:179, 99:229] = False
    assert (placed[outside] == 200).all()
