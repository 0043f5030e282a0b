import numpy as np
import pytest

from menagerie.chimeras import CHIMERAS
from menagerie.curves import smooth
from menagerie.geometry import loft, surface
from menagerie.illustration import illustrate
from menagerie.materials import Material
from menagerie.quadruped import reach
from menagerie.raster import Camera, GBuffer, draw
from menagerie.scene import generator, render
from menagerie.shading import Light, photograph
from menagerie.species import SPECIES
from menagerie.textures import fur

GREY = Material((0.5, 0.5, 0.5), hair=0.0, gloss=0.0, mottle=0.0)
RIGHT = np.array([0.0, 0.0, 1.0])
LAMP = Light((-0.8, 0.0, 0.6), (1, 1, 1), (0.2, 0.2, 0.2), (0.2, 0.2, 0.2))


def sphere(z=0.0, radius=1.0, part="ball"):
    t = np.linspace(0, 1, 25)
    profile = radius * np.sqrt(np.clip(1 - (2 * t - 1) ** 2, 1e-4, 1))
    rows = np.stack([t, profile, profile, profile], 1)
    return loft(part, surface([[-radius, 0, z], [radius, 0, z]], rows, RIGHT, 33), GREY, around=32)


def drawn(*meshes):
    buffer, camera = GBuffer(100), Camera(np.eye(3), scale=30.0, centre=(50, 50), perspective=0.0)
    for mesh in meshes:
        draw(buffer, mesh, camera)
    return buffer


def test_a_smooth_curve_passes_through_its_keys_and_stays_monotone():
    keys, values = np.array([0.0, 0.2, 0.5, 1.0]), np.array([0.0, 1.0, 1.0, 3.0])
    at = np.linspace(0, 1, 101)
    curve = smooth(keys, values, at)
    assert np.all(np.diff(curve) >= -1e-12) and np.allclose(smooth(keys, values, keys), values)
    assert np.allclose(curve[(at > 0.2) & (at < 0.5)], 1.0)


def test_balls_are_drawn_round_and_the_nearer_ball_is_in_front():
    buffer = drawn(sphere())
    rows, columns = np.nonzero(buffer.solid)
    assert abs(len(rows) - np.pi * 30**2) < 100 and abs(rows.mean() - 49.5) < 1
    assert buffer.image(slice(0, 3))[50, 50] @ [0, 0, 1] > 0.97
    both = drawn(sphere(z=1.0, radius=0.5, part="near"), sphere())
    part = both.part.reshape(100, 100)
    assert both.parts[part[50, 50]] == "near" and both.parts[part[50, 25]] == "ball"
    assert both.seen() == ["near", "ball"] and both.seen(least=2500) == []


def test_the_photo_is_shaded_and_the_illustration_is_flat():
    buffer = drawn(sphere())
    colour, alpha = photograph(buffer, LAMP)
    assert colour.shape == (100, 100, 3) and alpha.min() >= 0 and alpha.max() <= 1
    assert colour[50, 32].mean() > 2 * colour[50, 68].mean()
    flat, _ = illustrate(buffer, LAMP, 0.6)
    inside = flat[45:56, 30:71].reshape(-1, 3)
    assert len(np.unique(inside.round(2), axis=0)) < 40  # a few flat tones, not a gradient
    assert flat[50, 17:24].min() < 0.2 < flat[50, 40].mean()  # a drawn outline


@pytest.mark.parametrize("angle", [0.0, 45.0, 120.0])
def test_fur_follows_its_direction(angle):
    rows, columns = (a.ravel() for a in np.mgrid[0:128, 0:128])
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.full(rows.shape, np.radians(2 * angle))
    hair = fur(np.cos(turn), np.sin(turn), rows, columns, 9).reshape(128, 128)
    gy, gx = np.gradient(hair)
    assert np.mean((gy * c - gx * s) ** 2) > 4 * np.mean((gx * c + gy * s) ** 2)
    assert abs(hair.mean()) < 0.1


def test_a_limb_keeps_its_bone_lengths_and_reaches_its_goal():
    root, goal = np.array([0.0, 1.0, 0.0]), np.array([0.1, 0.3, 0.0])
    middle, end = reach(root, goal, 0.5, 0.4, True)
    assert np.linalg.norm(middle - root) == pytest.approx(0.5)
    assert np.linalg.norm(end - middle) == pytest.approx(0.4) and np.allclose(end, goal)
    assert middle[0] > reach(root, goal, 0.5, 0.4, False)[0][0]
    far = reach(root, np.array([0.0, -5.0, 0.0]), 0.5, 0.4, True)[1]
    assert np.linalg.norm(far - root) == pytest.approx(0.9, abs=2e-3)


def box(image):
    rows, columns = np.nonzero(np.abs(image.astype(int) - image[0, 0].astype(int)).max(-1) > 20)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


@pytest.mark.parametrize("kind", [*SPECIES, *CHIMERAS])
def test_every_kind_fills_enough_of_the_image(kind):
    image = render(kind, generator(3, "val", 5), size=64, drawn=kind in CHIMERAS)
    assert image.photo.shape == (64, 64, 3) and image.photo.dtype == np.uint8
    assert len(image.parts) >= 2 and "pose" in image.notes
    x0, y0, x1, y1 = box(image.photo)
    assert max(x1 - x0, y1 - y0) > (40 if kind in CHIMERAS else 28)


def test_some_images_show_distant_animals_or_only_heads():
    images = [render("horse", generator(0, "train", i), size=64) for i in range(24)]
    sizes = []
    for image in images:
        x0, y0, x1, y1 = box(image.photo)
        sizes.append(max(x1 - x0, y1 - y0) if image.notes["view"] == "body" else None)
    assert 0 < sizes.count(None) < 15
    whole = [size for size in sizes if size]
    assert min(whole) < 45 and max(whole) > 52


WANTED = {
    "chimera": {"mane", "goat_head", "snake_tail"},
    "pegasus": {"right_wing", "head"},
    "griffin": {"beak", "right_wing"},
    "hippocampus": {"fish_tail", "tail_fin", "mane"},
    "capricorn": {"fish_tail", "horns"},
    "unicorn": {"horn"},
}


@pytest.mark.parametrize("kind", WANTED)
def test_only_chimeras_have_their_typical_parts(kind):
    def seen(kind, split):
        return {part for i in range(3) for part in render(kind, generator(0, split, i), size=64).parts}

    assert WANTED[kind] <= seen(kind, "chimeras")
    assert not {"right_wing", "horn", "fish_tail", "goat_head"} & seen("horse", "train")


def test_illustration_and_photo_are_aligned():
    image = render("pegasus", generator(1, "chimeras", 1), size=96, drawn=True)
    assert np.allclose(box(image.photo), box(image.illustration), atol=2)


def illustrated(kind, monkeypatch, **changes):
    for name, value in changes.items():
        monkeypatch.setattr(f"menagerie.illustration.{name}", value)
    image = render(kind, generator(1, "chimeras", 2), size=128, drawn=True)
    return image.illustration.astype(int).sum(2), image.photo


def test_an_illustration_shows_scales_in_a_darker_tone(monkeypatch):
    textured, photo = illustrated("hippocampus", monkeypatch)
    plain, same = illustrated("hippocampus", monkeypatch, _relief=lambda buffer, inside: 0 * inside)
    darker = (plain - textured) > 20
    assert np.array_equal(photo, same) and darker[64:].mean() > 0.008  # the tail is below


def test_an_illustrated_eye_has_a_white_and_a_pupil(monkeypatch):
    seen, _ = illustrated("pegasus", monkeypatch)
    blind, _ = illustrated("pegasus", monkeypatch, _eyes=lambda buffer, *rim: np.zeros(buffer.solid.shape))
    eye = np.argwhere(np.abs(seen - blind) > 60)
    assert len(eye) >= 4 and np.all(np.ptp(eye, axis=0) < 12)  # one small area
    (top, left), (bottom, right) = eye.min(0), eye.max(0) + 1
    inside = seen[top:bottom, left:right]
    assert inside.max() > 560 and inside.min() < 300


def test_splits_have_different_reproducible_seeds():
    splits = ("train", "val", "chimeras")
    draws = {(split, i): generator(0, split, i).integers(2**62) for split in splits for i in range(4)}
    assert len(set(draws.values())) == 12
    assert generator(0, "val", 2).integers(2**62) == draws["val", 2]
