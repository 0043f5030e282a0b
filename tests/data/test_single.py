"""Single images: how they become inputs of the generator."""

import json

import numpy as np
import pytest
from conftest import command, drawing
from drawing_runs import make_run
from PIL import Image


def generate(dataroot, checkpoints, results, *more, name="tiny"):
    where = ("--dataroot", dataroot, "--name", name, "--checkpoints_dir", checkpoints)
    how = ("--model", "test", "--dataset_mode", "single", "--gpu_ids", "-1")
    return command("test.py", *where, "--results_dir", results, *how, *more)


def test_single_images_of_any_kind_and_size_are_generated(trained, tmp_path):
    folder = tmp_path / "lone"
    folder.mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(drawing(rng, 200)[:120]).save(folder / "photo & <b>.png")
    edges = np.zeros((100, 128), np.uint8)
    edges[20:80, 30] = edges[20:80, 90] = edges[20, 30:90] = edges[80, 30:91] = 255
    Image.fromarray(edges).save(folder / "edges.png")
    Image.fromarray(np.repeat(edges[..., None], 3, 2)).save(folder / "wide.png")
    (folder / "sub").mkdir()
    Image.fromarray(edges).save(folder / "sub" / "edges.png")
    done = generate(folder, trained[1], tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "images used unchanged: the run does not record how edge maps were made" in done.stdout
    images = tmp_path / "out" / "tiny" / "test_latest" / "images"
    assert len(list(images.glob("*_fake_B.png"))) == 4
    real = np.asarray(Image.open(images / "edges_real_A.png").convert("L"))
    assert real.shape == (100, 128) and np.array_equal(real, edges)
    photo = np.asarray(Image.open(images / "photo & <b>_real_A.png"))
    assert photo.shape == (77, 128, 3) and photo.mean() > 60  # no lines on black
    done = generate(folder, trained[1], tmp_path / "asked", "--input_kind", "photo")
    assert "edges extracted by auto_canny from 4 photo" in done.stdout
    images = tmp_path / "asked" / "tiny" / "test_latest" / "images"
    assert Image.open(images / "photo & <b>_fake_B.png").size == (128, 128)


@pytest.mark.parametrize(
    ("direction", "said"), [("BtoA", "edges extracted by contour"), ("AtoB", "used unchanged")]
)
def test_single_inputs_are_made_as_the_training_sets_were(tmp_path, direction, said):
    checkpoints = make_run(tmp_path / "c", "run", ngf=2)
    record = tmp_path / "c" / "run" / "train_opt.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"direction": direction}))
    (tmp_path / "lone").mkdir()
    photo = drawing(np.random.default_rng(0), 128)
    Image.fromarray(photo).save(tmp_path / "lone" / "a.png")
    done = generate(tmp_path / "lone", checkpoints, tmp_path / "out", name="run")
    assert done.returncode == 0 and said in done.stdout, done.stderr
    used = np.asarray(Image.open(tmp_path / "out" / "run" / "test_latest" / "images" / "a_real_A.png"))
    assert np.array_equal(used, photo) == (direction == "AtoB")
