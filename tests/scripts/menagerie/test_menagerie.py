from pathlib import Path

import numpy as np
import pytest

from scripts.menagerie import (
    CHIMERAS,
    SPECIES,
    generator,
    render,
    scene,
)
from scripts.menagerie.curves import Frame, rotation, smooth
from scripts.menagerie.geometry import loft, ribbons, surface
from scripts.menagerie.illustration import illustrate
from scripts.menagerie.materials import Material, Site, step
from scripts.menagerie.quadruped import _reach
from scripts.menagerie.raster import Camera, GBuffer, draw
from scripts.menagerie.shading import Light, photograph
from scripts.menagerie.snakes import snake_path
from scripts.menagerie.textures import fur, noise_tile, scales

ROOT = Path(__file__).resolve().parents[3]
GREY = Material((0.5, 0.5, 0.5), hair=0.0, gloss=0.0, mottle=0.0)
RIGHT = np.array([0.0, 0.0, 1.0])


def sphere(x=0.0, z=0.0, radius=1.0, part="ball"):
    t = np.linspace(0, 1, 25)
    profile = radius * np.sqrt(np.clip(1 - (2 * t - 1) ** 2, 1e-4, 1))
    shape = surface(
        np.array([[x - radius, 0, z], [x + radius, 0, z]]),
        np.stack([t, profile, profile, profile], 1),
        RIGHT,
        stations=33,
    )
    return loft(part, shape, GREY, around=32)


def front_camera(size=100, scale=30.0):
    camera = Camera(np.eye(3), scale=scale, centre=(size / 2, size / 2), perspective=0.0)
    return camera


def test_smooth_interpolates_keeps_monotone_and_hits_keys():
    keys, values = np.array([0.0, 0.2, 0.5, 1.0]), np.array([0.0, 1.0, 1.0, 3.0])
    at = np.linspace(0, 1, 101)
    curve = smooth(keys, values, at)
    assert np.all(np.diff(curve) >= -1e-12)
    assert np.allclose(smooth(keys, values, keys), values)
    assert np.allclose(curve[(at > 0.2) & (at < 0.5)], 1.0)


def test_rotation_and_frame_follow_the_right_hand_rule():
    assert np.allclose(rotation("z", 90) @ [1, 0, 0], [0, 1, 0])
    assert np.allclose(rotation("y", 90) @ [0, 0, 1], [1, 0, 0])
    frame = Frame(np.array([1.0, 2.0, 3.0]), rotation("z", 90))
    assert np.allclose(frame.at(1, 0, 0), [1, 3, 3])
    assert np.allclose(frame.points([[1, 0, 0], [0, 1, 0]]), [[1, 3, 3], [0, 2, 3]])


def test_a_sphere_is_drawn_round_with_the_right_depth_and_normals():
    buffer = GBuffer(100)
    draw(buffer, sphere(), front_camera())
    mask = (buffer.part >= 0).reshape(100, 100)
    assert abs(mask.sum() - np.pi * 30**2) < 0.05 * np.pi * 30**2
    assert buffer.depth.reshape(100, 100)[50, 50] == pytest.approx(30, abs=1.0)
    normal = buffer.image(slice(0, 3))
    assert normal[50, 50] == pytest.approx([0, 0, 1], abs=0.12)
    assert normal[35, 50, 1] == pytest.approx(0.5, abs=0.12)  # 15 px of 30 above the middle: sin = 0.5
    assert normal[50, 65, 0] == pytest.approx(0.5, abs=0.12)


def test_the_nearer_part_wins_in_any_drawing_order():
    near, far = sphere(z=1.0, radius=0.4, part="near"), sphere(z=-1.0, radius=1.0, part="far")
    images = []
    for meshes in ((near, far), (far, near)):
        buffer = GBuffer(100)
        for mesh in meshes:
            draw(buffer, mesh, front_camera())
        names = np.array([*buffer.parts, ""])[buffer.part]
        images.append(names)
        assert names.reshape(100, 100)[50, 50] == "near" and names.reshape(100, 100)[50, 28] == "far"
    assert np.mean(images[0] != images[1]) < 1e-3


def test_part_boxes_are_measured_in_pixels_of_the_final_image():
    buffer = GBuffer(100)
    draw(buffer, sphere(), front_camera())
    box = buffer.boxes(2)["ball"]
    assert np.allclose(box, [10, 10, 40, 40], atol=1)  # 50 +- 30 px, halved


def test_strips_are_painted_last_on_top_when_ordered():
    paths = np.array([[[-1.0, 0, 0], [1.0, 0, 0]], [[-1.0, 0, -0.1], [1.0, 0, -0.1]]])
    mesh = ribbons(
        "hair", paths, np.full((2, 2), 0.2), np.tile([0.0, 1.0, 0.0], (2, 1)), RIGHT, GREY, ordered=True
    )
    buffer = GBuffer(100)
    draw(buffer, mesh, front_camera())
    assert buffer.sub.reshape(100, 100)[50, 50] == 2


def test_light_falls_from_its_side_and_shadows_are_darker():
    buffer = GBuffer(100)
    draw(buffer, sphere(), front_camera())
    light = Light((-0.8, 0.0, 0.6), (1, 1, 1), (0.2, 0.2, 0.2), (0.2, 0.2, 0.2))
    colour, alpha = photograph(buffer, light)
    assert colour.shape == (100, 100, 3) and alpha.min() >= 0 and alpha.max() <= 1
    assert colour[50, 32].mean() > 2 * colour[50, 68].mean()
    flat, _ = illustrate(buffer, light)
    inside = flat[45:56, 30:71].reshape(-1, 3)
    assert len(np.unique(inside.round(2), axis=0)) < 40  # a few flat tones, not a gradient
    edge = flat[50, 17:24].min()
    assert edge < 0.2 < flat[50, 40].mean()  # a drawn outline


@pytest.mark.parametrize("angle", [0.0, 45.0, 120.0])
def test_fur_runs_along_its_direction(angle):
    rows, columns = (a.ravel() for a in np.mgrid[0:128, 0:128])
    turn = np.radians(2 * angle)
    hair = fur(
        np.full(rows.shape, np.cos(turn)), np.full(rows.shape, np.sin(turn)), rows, columns, 9
    ).reshape(128, 128)
    gy, gx = np.gradient(hair)
    along = gx * np.cos(np.radians(angle)) + gy * np.sin(np.radians(angle))
    across = -gx * np.sin(np.radians(angle)) + gy * np.cos(np.radians(angle))
    assert np.mean(across**2) > 4 * np.mean(along**2)
    assert abs(hair.mean()) < 0.1


def test_scales_and_noise_are_bounded_and_step_is_smooth():
    u, v = np.meshgrid(np.linspace(0, 0.999, 200), np.linspace(-1, 1, 200))
    relief, chance = scales(u.ravel(), v.ravel(), 10, 8)
    assert relief.min() >= 0 and relief.max() <= 1.001 and chance.min() >= 0 and chance.max() < 1
    tile = noise_tile()
    assert tile.mean() == pytest.approx(0.5, abs=1e-3) and abs(tile[0] - tile[-1]).mean() < 0.05
    assert step(np.array([0.0, 0.5, 1.0]), 0, 1).tolist() == [0, 0.5, 1]
    site = Site(np.zeros(3), np.zeros(3), np.zeros(3, int), np.zeros((3, 3)))
    assert np.allclose(GREY.flat(site), 0.5) and np.allclose(GREY.tone(site), 1)


def test_a_limb_keeps_its_bone_lengths_and_reaches_its_goal():
    root, goal = np.array([0.0, 1.0, 0.0]), np.array([0.1, 0.3, 0.0])
    middle, end = _reach(root, goal, 0.5, 0.4, True)
    assert np.linalg.norm(middle - root) == pytest.approx(0.5)
    assert np.linalg.norm(end - middle) == pytest.approx(0.4)
    assert np.allclose(end, goal)
    assert middle[0] > _reach(root, goal, 0.5, 0.4, False)[0][0]
    far = _reach(root, np.array([0.0, -5.0, 0.0]), 0.5, 0.4, True)[1]
    assert np.linalg.norm(far - root) == pytest.approx(0.9, abs=2e-3)


@pytest.mark.parametrize("kind", [*SPECIES, *CHIMERAS])
def test_every_kind_fills_a_good_part_of_its_image(kind):
    image = render(kind, generator(3, "val", 5), size=64, drawn=kind in CHIMERAS)
    assert image.photo.shape == (64, 64, 3) and image.photo.dtype == np.uint8
    assert image.photo.std() > 5
    boxes = np.array(list(image.parts.values()))
    assert len(boxes) >= 2
    assert boxes.min() >= 0 and boxes.max() <= 64 and np.all(boxes[:, 2:] > boxes[:, :2])
    low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
    assert max(high - low) > (40 if kind in CHIMERAS else 28)


def test_some_animals_are_seen_from_afar():
    sizes = []
    for i in range(24):
        image = render("horse", generator(0, "train", i), size=64)
        boxes = np.array(list(image.parts.values()))
        if image.notes["view"] == "body":
            sizes.append(max(boxes[:, 2:].max(0) - boxes[:, :2].min(0)))
    assert min(sizes) < 45 and max(sizes) > 52


def test_chimeras_have_their_defining_parts_and_species_do_not():
    wanted = {
        "chimera": {"mane", "goat_head", "snake_tail"},
        "pegasus": {"right_wing", "head"},
        "griffin": {"beak", "right_wing"},
        "hippocampus": {"fish_tail", "tail_fin", "mane"},
        "cerberus": {"far_head", "head", "near_head"},
        "unicorn": {"horn"},
    }
    for kind, parts in wanted.items():
        seen = set()
        for i in range(3):
            seen |= set(render(kind, generator(0, "chimeras", i), size=64).parts)
        assert parts <= seen, kind
    for i in range(3):
        assert not {"right_wing", "horn", "fish_tail"} & set(
            render("horse", generator(0, "train", i), size=64).parts
        )


def test_illustration_and_photo_are_aligned():
    image = render("pegasus", generator(1, "chimeras", 1), size=96, drawn=True)
    x0, y0 = np.min([b[:2] for b in image.parts.values()], 0)
    x1, y1 = np.max([b[2:] for b in image.parts.values()], 0)
    paper = image.illustration[0, 0].astype(int)
    drawn = np.abs(image.illustration.astype(int) - paper).max(-1) > 20
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    assert np.allclose([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], [x0, y0, x1, y1], atol=2)


def drawn_with(kind, texture, monkeypatch):
    def with_texture(*args, **options):
        return illustrate(*args, **{**options, "texture": texture})

    monkeypatch.setattr(scene, "illustrate", with_texture)
    return render(kind, generator(1, "chimeras", 2), size=128, drawn=True)


def test_an_illustration_has_the_scales_of_a_tail_in_a_darker_tone(monkeypatch):
    plain, textured = (drawn_with("hippocampus", texture, monkeypatch) for texture in (0.0, 0.6))
    darker = plain.illustration.astype(int).sum(2) - textured.illustration.astype(int).sum(2)
    assert darker.min() >= 0 and np.array_equal(plain.photo, textured.photo)
    tail, head = textured.parts["fish_tail"], textured.parts["head"]
    shares = [(darker[b[1] : b[3], b[0] : b[2]] > 20).mean() for b in (tail, head)]
    assert shares[0] > 0.05 and shares[0] > 4 * shares[1]


def test_a_drawn_eye_has_a_white_and_a_pupil(monkeypatch):
    seen = render("fish", generator(0, "train", 0), size=128, drawn=True, inked=True)
    monkeypatch.setattr("scripts.menagerie.illustration._eyes", lambda buffer, solid, line: [])
    blind = render("fish", generator(0, "train", 0), size=128, drawn=True, inked=True)
    drawn, plain = (image.illustration.astype(int).sum(2) for image in (seen, blind))
    eye = np.argwhere(np.abs(drawn - plain) > 60)
    assert len(eye) >= 6 and np.all(np.ptp(eye, axis=0) < 12)  # one small place
    x, y = eye.min(0), eye.max(0) + 1
    inside = drawn[x[0] : y[0], x[1] : y[1]]
    assert inside.max() > 600 and inside.min() < 300
    dot = np.argwhere(blind.line_art.astype(int).sum(2) - seen.line_art.astype(int).sum(2) > 300)
    assert len(dot) >= 4 and np.all(np.abs(dot.mean(0) - eye.mean(0)) < 2)


def test_some_fish_are_seen_by_their_tails_alone():
    views = [render("fish", generator(0, "train", i), size=32).notes["view"] for i in range(40)]
    assert {"body", "head", "tail"} == set(views)
    assert views.count("body") > 20
    i = views.index("tail")
    image = render("fish", generator(0, "train", i), size=64)
    x0, y0, x1, y1 = image.parts["body"]
    assert min(x0, y0) == 0 or max(x1, y1) == 64  # the head is out of the image


def test_a_rearing_snake_holds_its_head_high_above_its_tail():
    rng = np.random.default_rng(0)
    for _ in range(10):
        path = snake_path("rear", rng, 0.08)
        assert path[0, 1] > 0.6 and path[0, 1] > 0.85 * path[:, 1].max()
        assert np.allclose(path[-20:, 1], 0.08, atol=0.03)
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        assert steps.max() < 0.15  # without gaps


def test_seeds_of_the_splits_differ_and_repeat():
    draws = {
        (split, i): generator(0, split, i).integers(2**62)
        for split in ("train", "val", "chimeras")
        for i in range(4)
    }
    assert len(set(draws.values())) == 12
    assert generator(0, "val", 2).integers(2**62) == draws["val", 2]
    with pytest.raises(ValueError, match="unicorns.*choose from lion"):
        render("unicorns", generator(0, "train", 0))
