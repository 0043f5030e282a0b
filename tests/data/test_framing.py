"""Frames around drawings, and images put back at their drawing's place."""

import cv2
import numpy as np

from data.framing import Frame, crop, find_frame, is_framed


def sheet(*boxes, shape=(600, 900)):
    ink = np.zeros(shape, np.uint8)
    for x, y, w, h in boxes:
        cv2.ellipse(ink, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, 255, 3)
    return ink


def test_a_small_drawing_fills_nine_tenths_of_its_frame_in_the_middle():
    ink = sheet((120, 300, 200, 100))
    frame = find_frame(ink)
    x, y, w, h = cv2.boundingRect(crop(ink, frame, ground=0))
    side = crop(ink, frame).shape[0]
    assert abs(w / side - 0.9) < 0.02
    assert abs(x + w / 2 - side / 2) < 2 and abs(y + h / 2 - side / 2) < 2


def test_a_frame_may_reach_beyond_the_sheet_and_is_blank_there():
    ink = sheet((0, 0, 580, 200))
    frame = find_frame(ink)
    assert frame.top < 0
    square = crop(255 - ink, frame)
    assert (square[0] == 255).all() and (square < 255).sum() == (ink > 0).sum()


def test_animals_apart_are_framed_together():
    frame = find_frame(sheet((500, 100, 300, 300), (40, 250, 280, 200)))
    assert frame.side > 800


def test_a_small_piece_is_part_of_the_drawing_and_a_speck_far_away_is_not():
    eye = sheet((100, 100, 400, 300), (600, 150, 60, 60))
    frame = find_frame(eye)
    assert frame.left + frame.side > 650
    eye[590:592, 890:892] = 255
    again = find_frame(eye)
    assert again == frame


def test_no_ink_gives_the_whole_square():
    assert find_frame(np.zeros((40, 60), np.uint8)) == Frame.whole((40, 60)) == Frame(0, -10, 60)


def test_what_fills_its_image_is_framed_already():
    assert is_framed(sheet((30, 100, 840, 300)))
    assert not is_framed(sheet((300, 200, 200, 200)))
