"""models.load_generator compared with test.py's gallery."""

import json

import numpy as np
import pytest
from drawing_runs import make_run
from PIL import Image
from runs import generate as generate_gallery
from tiny import drawing

from models import load_generator
from util.errors import UserError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run with random weights. Its record says that it was trained on extracted edge maps."""
    return make_run(tmp_path_factory.mktemp("generator"), "run", ngf=2, init_gain=0.2) / "run"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name, size in (("a", 128), ("b", 140), ("c", 100)):
        Image.fromarray(drawing(rng, size)[: size - 20]).save(folder / f"{name}.png")
    return folder


def test_load_generator_matches_the_gallery(run, photos, tmp_path):
    made = generate_gallery(photos, run.parent, tmp_path, "--model", "test")
    generate = load_generator(run, device="cpu")
    files = sorted(photos.iterdir())
    images = generate([str(file) for file in files])
    assert [image.size for image in images] == [(128, 128)] * 3
    for file, image in zip(files, images, strict=True):
        np.testing.assert_array_equal(
            np.asarray(image), np.asarray(Image.open(made / f"{file.stem}_fake_B.png"))
        )
    assert "3 photo" in generate.make_input.describe()


def test_paths_pillow_images_and_arrays_give_equal_images(run, photos):
    generate = load_generator(run, device="cpu")
    path = photos / "a.png"
    wanted = np.asarray(generate(path))
    np.testing.assert_array_equal(np.asarray(generate(Image.open(path))), wanted)
    # For an array, the name drawing.png seeds dropout.
    pixels = np.asarray(Image.open(path))
    renamed = photos.parent / "drawing.png"
    Image.fromarray(pixels).save(renamed)
    np.testing.assert_array_equal(np.asarray(generate(pixels)), np.asarray(generate(str(renamed))))
    assert not np.array_equal(np.asarray(generate(pixels, sample=1)), np.asarray(generate(pixels)))


def test_load_generator_reports_missing_or_invalid_files(run, tmp_path):
    with pytest.raises(UserError, match="nowhere is not a run folder"):
        load_generator(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no checkpoint .*9_net_G.pth; available epochs: latest"):
        load_generator(run, 9)
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "train_opt.json").write_text(json.dumps({"ngf": [2]}))
    with pytest.raises(UserError, match="sets ngf"):
        load_generator(odd)
    (odd / "train_opt.json").write_text(json.dumps({"output_nc": 2, "input_nc": 1}))
    with pytest.raises(UserError, match="--model colorization"):
        load_generator(odd)
