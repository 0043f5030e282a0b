"""evaluate.py on small made-up galleries: values known by construction, and mistakes by name."""

import json

import numpy as np
import pytest
from small_galleries import gallery, lines, patches, photos, save

from scripts.evaluate import main
from util.errors import UserError


@pytest.fixture(autouse=True)
def few_patches(monkeypatch):
    monkeypatch.setattr("scripts.evaluation.sliced_wasserstein.PATCHES", 256)
    monkeypatch.setattr("scripts.evaluation.sliced_wasserstein.DIRECTIONS", 16)


def evaluate(*arguments):
    return main([str(argument) for argument in arguments])


def test_known_offset_is_measured_and_written(tmp_path, capsys):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    evaluate("--results", folder)
    report = json.loads((folder / "evaluation.json").read_text())
    assert report["mean"]["L1"] == pytest.approx(10 / 255, abs=1e-5)
    assert report["mean"]["PSNR"] == pytest.approx(20 * np.log10(25.5), abs=1e-3)
    assert 0.9 < report["mean"]["SSIM"] < 1
    assert "MS-SSIM" not in report["mean"]
    assert [row["name"] for row in report["rows"]] == ["a", "b", "c"]
    shown = capsys.readouterr().out
    assert "run/test_1" in shown
    assert "MS-SSIM left out: needs images of at least 176 px" in shown
    assert "no --reference FOLDER" in shown


def test_reference_gives_distances_and_names_the_copy(tmp_path, capsys):
    folder = gallery(tmp_path / "run/test_1", names=("x", "y"), target=False)
    evaluate("--results", folder, "--reference", photos(tmp_path / "photos"))
    report = json.loads((folder / "evaluation.json").read_text())
    assert {"SWD 64", "SWD 32", "SWD 16", "SWD mean"} <= set(report["mean"])
    assert [row["nearest"] for row in report["rows"]] == ["photo0", "photo1"]
    assert report["mean"]["nearest photo"] == pytest.approx(0, abs=1e-3)
    shown = capsys.readouterr().out
    assert "run/test_1: x is 0.00 from photo0" in shown
    assert "kernel distance left out: needs outputs of 3 inputs or more" in shown
    assert "no targets" in shown


def test_kernel_distance_has_an_error_a_floor_and_a_difference(tmp_path, capsys):
    names = ("a", "b", "c", "d")
    near, far = (gallery(tmp_path / f"{x}/test_1", x * 60, names, samples=2) for x in (0, 1))
    output, reference = tmp_path / "all.json", photos(tmp_path / "photos", 8)
    evaluate("--results", near, far, "--compare", "--output", output, "--reference", reference)
    report = json.loads(output.read_text())
    values = [run["mean"]["kernel distance x1000"] for run in report["runs"]]
    first, floor = (report["runs"][0][part] for part in ("mean", "reference_itself"))
    assert abs(floor["kernel distance x1000"]) < 3 * floor["its standard error"]
    found = report["differences_from_first"][0]["kernel distance x1000"]
    assert found["mean"] == pytest.approx(values[1] - values[0])
    assert found["low"] < found["mean"] < found["high"] and first["its standard error"] > 0
    assert "kernel distance left out" not in capsys.readouterr().out


def test_samples_are_averaged_and_their_diversity_measured(tmp_path):
    folder = gallery(tmp_path / "run/test_1", offset=5, samples=3)
    evaluate("--results", folder)
    mean = json.loads((folder / "evaluation.json").read_text())["mean"]
    # Samples at 5, 15, 25 levels: pairs differ by 10, 10, 20; from the target by 5, 15, 25.
    assert mean["diversity"] == pytest.approx(40 / 3 / 255, abs=1e-5)
    assert mean["L1"] == pytest.approx(15 / 255, abs=1e-5)
    assert mean["best sample's L1"] == pytest.approx(5 / 255, abs=1e-5)


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


def test_compare_gives_paired_intervals(tmp_path, capsys):
    near, far = gallery(tmp_path / "near/test_1", offset=5), gallery(tmp_path / "far/test_1", offset=15)
    output = tmp_path / "all.json"
    reference = photos(tmp_path / "photos")
    evaluate("--results", near, far, "--compare", "--output", output, "--reference", reference)
    found = json.loads(output.read_text())["differences_from_first"]
    assert len(found) == 1
    # Every input differs by 10 levels, so the interval has no width.
    assert found[0]["L1"] == pytest.approx({"mean": 10 / 255, "low": 10 / 255, "high": 10 / 255}, abs=1e-5)
    assert "+0.0392 [+0.0392, +0.0392]*" in capsys.readouterr().out


def test_compare_needs_the_same_inputs_or_asks_for_the_common_ones(tmp_path, capsys):
    first = gallery(tmp_path / "one/test_1")
    second = gallery(tmp_path / "two/test_1", names=("a", "b", "d"))
    with pytest.raises(UserError, match=r"names do not pair: c of one/test_1 .* --common"):
        evaluate("--results", first, second, "--compare")
    evaluate("--results", first, second, "--compare", "--common")
    assert len(json.loads((second / "evaluation.json").read_text())["rows"]) == 2
    with pytest.raises(UserError, match="needs two runs"):
        evaluate("--results", first, "--compare")


def lead_outside(folder):
    rows = json.loads((folder / "metrics.json").read_text())
    rows["rows"][0]["images"]["fake_B"] = "../../outside.png"
    (folder / "metrics.json").write_text(json.dumps(rows))


def shrink(folder, label):
    save(folder / f"images/b_{label}.png", patches(1, side=32))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: shrink(f, "real_B"), "b_real_B.png is 32x32 px, but its output is 64x64"),
        (lambda f: shrink(f, "fake_B"), "b_fake_B.png is 32x32 px, but other outputs"),
        (lambda f: (f / "images/b_fake_B.png").unlink(), "b_fake_B.png, which .* is missing"),
        (lambda f: (f / "metrics.json").write_text("{"), "metrics.json is not a gallery's"),
        (lead_outside, "must be a name inside"),
    ],
)
def test_images_that_do_not_match_are_named(tmp_path, damage, message):
    folder = gallery(tmp_path / "run/test_1")
    damage(folder)
    with pytest.raises(UserError, match=message):
        evaluate("--results", folder)
    assert not (folder / "evaluation.json").exists()


@pytest.mark.parametrize("label", ["fake_B", "real_A", "real_B"])
def test_an_input_with_an_unreadable_image_is_left_out_and_named(tmp_path, capsys, label):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    broken = folder / f"images/b_{label}.png"
    broken.write_bytes(broken.read_bytes()[:60])
    assert evaluate("--results", folder) == 1
    report = json.loads((folder / "evaluation.json").read_text())
    assert [row["name"] for row in report["rows"]] == ["a", "c"] and list(report["not_used"]) == [str(broken)]
    assert report["mean"]["L1"] == pytest.approx(10 / 255, abs=1e-5)
    assert f"not used: {broken}: " in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("common", [[], ["--common"]])
def test_runs_are_compared_on_the_inputs_that_each_has_readable(tmp_path, common):
    near, far = gallery(tmp_path / "near/test_1", offset=5), gallery(tmp_path / "far/test_1", offset=15)
    (near / "images/a_fake_B.png").write_bytes(b"")
    (far / "images/c_real_B.png").write_bytes(b"not an image")
    output = tmp_path / "all.json"
    assert evaluate("--results", near, far, "--compare", *common, "--output", output) == 1
    report = json.loads(output.read_text())
    assert [[row["name"] for row in run["rows"]] for run in report["runs"]] == [["b"], ["b"]]
    assert report["differences_from_first"][0]["L1"]["mean"] == pytest.approx(10 / 255, abs=1e-5)
    # Alone, each run keeps what it can read.
    assert evaluate("--results", near, far, "--output", output) == 1
    rows = [[row["name"] for row in run["rows"]] for run in json.loads(output.read_text())["runs"]]
    assert rows == [["b", "c"], ["a", "b"]]


def test_unreadable_photos_are_left_out_and_nothing_readable_is_an_error(tmp_path, capsys):
    folder, reference = gallery(tmp_path / "run/test_1"), photos(tmp_path / "photos", 5)
    (reference / "photo3.png").write_bytes(b"")
    assert evaluate("--results", folder, "--reference", reference) == 1
    assert "photo3.png: the file is empty" in capsys.readouterr().out
    before = (folder / "evaluation.json").read_bytes()
    for file in (folder / "images").iterdir():
        file.write_bytes(b"")
    with pytest.raises(UserError, match="run/test_1: no input is left .* the file is empty"):
        evaluate("--results", folder)
    assert (folder / "evaluation.json").read_bytes() == before
