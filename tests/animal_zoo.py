"""Drawn animals with landmarks, for tests of collages without photos."""

import cv2
import numpy as np

from scripts.collages.animals import Animal

BODY, HEAD, WING, TAIL = (0.6, 0.4, 0.2), (0.7, 0.5, 0.3), (0.9, 0.9, 0.9), (0.2, 0.4, 0.6)


def premultiplied(layers):
    """Draw shapes, (mask, color), with the last on top; return a premultiplied image, (150, 200, 4)."""
    pixels = np.zeros((150, 200, 4), np.float32)
    for mask, color in layers:
        pixels[mask > 0] = (*color, 1)
    return pixels


def shape(*points):
    return cv2.fillPoly(np.zeros((150, 200), np.uint8), [np.array(points, np.int32)], 1)


def points(*pairs):
    return np.array(pairs, np.float32)


def beast(name="beast", group="equine", head=HEAD):
    """Return a box with two pairs of legs, a neck and head on the right, and a thin tail on the left."""
    body = shape((40, 60), (130, 60), (130, 100), (40, 100))
    hind = shape((45, 100), (55, 100), (55, 145), (45, 145))
    fore = shape((115, 100), (125, 100), (125, 145), (115, 145))
    neck = shape((120, 60), (130, 75), (165, 40), (150, 25))
    neck |= shape((150, 25), (190, 25), (190, 45), (160, 45))
    tail = shape((20, 60), (40, 60), (40, 66), (20, 66))
    marks = {
        "neck": points((128, 40), (150, 62)),
        "muzzle": points((188, 35)),
        "forehead": points((165, 28)),
        "wings": points((115, 66), (85, 66)),
        "waist": points((85, 56), (85, 104)),
        "tail": points((38, 58), (38, 68), (22, 63)),
    }
    return Animal(name, group, premultiplied([(body | hind | fore | tail, BODY), (neck, head)]), marks)


def bird():
    """Return a box with a head at the upper right, a wing at the upper left, a horn and a rear half."""
    body = shape((60, 80), (140, 80), (140, 120), (60, 120))
    neck = shape((120, 85), (140, 95), (150, 50), (130, 45)) | shape((130, 40), (170, 50), (150, 60))
    wing = shape((80, 90), (120, 90), (90, 5), (40, 10))
    marks = {
        "neck": points((118, 70), (152, 76)),
        "muzzle": points((165, 50)),
        "horn": points((125, 62), (155, 62), (165, 50)),
        "rear": points((90, 78), (90, 122), (62, 100)),
        "tail": points((75, 78), (75, 122), (62, 100)),
    }
    wings = ((points((78, 95), (122, 95), (92, 0), (35, 5)), points((118, 90), (82, 90)), False),)
    return Animal("bird", "bird", premultiplied([(body, TAIL), (neck, HEAD), (wing, WING)]), marks, wings)
