"""evaluate.py on small synthetic galleries: values known by construction, and messages about mistakes."""

import json

import numpy as np
import pytest
from PIL import Image
from small_galleries import gallery, lines, patches, photos, save

from scripts.evaluate import main
from util.errors import UserError


def evaluate(*arguments):
    return main([str(argument) for argument in arguments])


def report_of(folder):
    return json.loads((folder / "evaluation.json").read_text())


def test_a_known_offset_is_measured_and_what_is_left_out_is_said(tmp_path, capsys):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    evaluate("--results", folder)
    mean = report_of(folder)["mean"]
    assert mean["L1"] == pytest.approx(10 / 255, abs=1e-5)
    assert mean["PSNR"] == pytest.approx(20 * np.log10(25.5), abs=1e-3)
    assert 0.9 < mean["SSIM"] < 1 and "edge F" in mean
    assert [row["name"] for row in report_of(folder)["rows"]] == ["a", "b", "c"]
    shown = capsys.readouterr().out
    assert "run/test_1" in shown and "no --reference FOLDER" in shown


def test_kernel_distance_has_an_error_a_floor_and_a_difference(tmp_path, capsys):
    names = ("a", "b", "c", "d")
    near, far = (gallery(tmp_path / f"{x}/test_1", x * 60, names, samples=2) for x in (0, 1))
    output, reference = (
        tmp_path / "all.json",
        photos(tmp_path / "photos", 8, side=96),
    )  # scaled to the outputs
    (reference / "photo3.png").write_bytes(b"")
    assert evaluate("--results", near, far, "--compare", "--output", output, "--reference", reference) == 1
    report = json.loads(output.read_text())
    values = [run["mean"]["kernel distance x1000"] for run in report["runs"]]
    first, floor = (report["runs"][0][part] for part in ("mean", "reference_itself"))
    assert abs(floor["kernel distance x1000"]) < 3 * floor["its standard error"]
    found = report["differences_from_first"][0]["kernel distance x1000"]
    assert found["mean"] == pytest.approx(values[1] - values[0])
    assert found["low"] < found["mean"] < found["high"] and first["its standard error"] > 0
    shown = capsys.readouterr().out
    assert "kernel distance left out" not in shown and "photo3.png: the file is empty" in shown
    few = photos(tmp_path / "few", 2)
    with pytest.raises(UserError, match="needs at least 3 photos"):
        evaluate("--results", near, "--reference", few)


def test_samples_are_averaged_and_their_diversity_measured(tmp_path):
    folder = gallery(tmp_path / "run/test_1", offset=5, samples=3)
    evaluate("--results", folder)
    # Samples at 5, 15, 25 levels: pairs differ by 10, 10, 20; from the target by 5, 15, 25.
    assert report_of(folder)["mean"]["diversity"] == pytest.approx(40 / 3 / 255, abs=1e-5)
    assert report_of(folder)["mean"]["L1"] == pytest.approx(15 / 255, abs=1e-5)


@pytest.mark.parametrize("form", ["plain", "scaled", "jpeg", "hints"])
def test_the_distance_to_hints_is_told_where_the_inputs_have_any(tmp_path, capsys, form):
    pytest.importorskip("skimage")
    folder = gallery(tmp_path / "run/test_1")
    for path in (folder / "images").glob("*_real_A.png"):
        image = Image.fromarray(lines())
        if form == "scaled":
            image = image.resize((96, 96), Image.Resampling.BICUBIC).resize(
                (64, 64), Image.Resampling.BICUBIC
            )
        elif form == "jpeg":
            image.save(path.with_suffix(".jpg"), quality=75)
            image = Image.open(path.with_suffix(".jpg"))
        elif form == "hints":
            image.paste((60, 40, 30), (20, 20, 30, 30))
        image.save(path)
    evaluate("--results", folder)
    assert ("color distance to hint" in capsys.readouterr().out) == (form == "hints")


def test_plain_folders_are_measured_but_not_written_to(tmp_path):
    plain, inputs, targets = tmp_path / "plain", tmp_path / "inputs", tmp_path / "targets"
    for seed in range(3):
        save(plain / f"{seed}.png", patches(seed) + np.uint8(10))
        save(targets / f"{seed}.png", patches(seed))
        save(inputs / f"{seed}.png", lines())
    output = tmp_path / "deep/all.json"
    evaluate("--results", plain, "--inputs", inputs, "--targets", targets, "--output", output)
    assert sorted(p.name for p in plain.iterdir()) == ["0.png", "1.png", "2.png"]
    mean = json.loads(output.read_text())["runs"][0]["mean"]
    assert mean["L1"] == pytest.approx(10 / 255, abs=1e-5)
    assert "edge F" in mean
    save(plain / "4.png", patches(4))
    with pytest.raises(UserError, match="no image for 4 of"):
        evaluate("--results", plain, "--inputs", inputs)


def test_compare_gives_paired_intervals_on_the_inputs_that_all_runs_have(tmp_path, capsys):
    near = gallery(tmp_path / "near/test_1", offset=5)
    far = gallery(tmp_path / "far/test_1", offset=15, names=("a", "b", "c", "d"))
    output = tmp_path / "all.json"
    evaluate("--results", near, far, "--compare", "--output", output)
    (found,) = json.loads(output.read_text())["differences_from_first"]
    # Every input differs by 10 levels, so the interval has no width.
    assert found["L1"] == pytest.approx({"mean": 10 / 255, "low": 10 / 255, "high": 10 / 255}, abs=1e-5)
    shown = capsys.readouterr().out
    assert "+0.0392 [+0.0392, +0.0392]*" in shown and "left out 1 inputs that some runs lack: d" in shown
    with pytest.raises(UserError, match="needs two runs"):
        evaluate("--results", near, "--compare")
    other = gallery(tmp_path / "other/test_1", names=("x",))
    with pytest.raises(UserError, match="no input in common"):
        evaluate("--results", near, other, "--compare")


def lead_outside(folder):
    rows = json.loads((folder / "metrics.json").read_text())
    rows["rows"][0]["images"]["fake_B"] = "../../outside.png"
    (folder / "metrics.json").write_text(json.dumps(rows))


def shrunk(folder, label):
    save(folder / f"images/b_{label}.png", patches(1, side=32))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: shrunk(f, "real_B"), "b_real_B.png is 32x32 px, but its output is 64x64"),
        (lambda f: shrunk(f, "fake_B"), "b_fake_B.png is 32x32 px, but other outputs"),
        (lambda f: (f / "metrics.json").write_text("{"), "metrics.json does not belong to a gallery"),
        (lead_outside, "must be a name inside"),
    ],
)
def test_images_that_do_not_match_are_named(tmp_path, damage, message):
    folder = gallery(tmp_path / "run/test_1")
    damage(folder)
    with pytest.raises(UserError, match=message):
        evaluate("--results", folder)
    assert not (folder / "evaluation.json").exists()


@pytest.mark.parametrize(("label", "kept"), [("fake_B", 60), ("real_A", 0), ("real_B", None)])
def test_an_input_with_an_unreadable_image_is_left_out_and_named(tmp_path, capsys, label, kept):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    broken = folder / f"images/b_{label}.png"
    content = broken.read_bytes()
    broken.unlink()
    if kept is not None:
        broken.write_bytes(content[:kept])
    assert evaluate("--results", folder) == 1
    report = report_of(folder)
    assert [row["name"] for row in report["rows"]] == ["a", "c"] and list(report["not_used"]) == [str(broken)]
    assert report["mean"]["L1"] == pytest.approx(10 / 255, abs=1e-5)
    assert f"not used: {broken}: " in capsys.readouterr().out.splitlines()[-1]


def test_runs_are_compared_on_the_inputs_that_each_has_readable(tmp_path):
    near, far = gallery(tmp_path / "near/test_1", offset=5), gallery(tmp_path / "far/test_1", offset=15)
    (near / "images/a_fake_B.png").write_bytes(b"")
    (far / "images/c_real_B.png").write_bytes(b"not an image")
    output = tmp_path / "all.json"

    def measured(*flags):
        assert evaluate("--results", near, far, *flags, "--output", output) == 1
        return [[row["name"] for row in run["rows"]] for run in json.loads(output.read_text())["runs"]]

    assert measured("--compare") == [["b"], ["b"]]
    assert measured() == [["b", "c"], ["a", "b"]]  # on its own, each run keeps its readable images
    before = (near / "evaluation.json").read_bytes()
    for file in (near / "images").iterdir():
        file.write_bytes(b"")
    with pytest.raises(UserError, match="near/test_1: no input with readable images.* the file is empty"):
        evaluate("--results", near)
    assert (near / "evaluation.json").read_bytes() == before
