"""evaluate.py measures known values on small galleries, and reports mistakes."""

import json

import numpy as np
import pytest
from small_galleries import gallery, lines, patches, photos, save

from scripts.evaluate import main
from scripts.galleries import find_runs
from util.errors import UserError


def evaluate(*arguments):
    return main([str(argument) for argument in arguments])


def report_of(folder):
    return json.loads((folder / "evaluation.json").read_text())


def test_a_known_offset_gives_known_metrics_and_omissions_are_noted(tmp_path, capsys):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    evaluate("--results", folder)
    mean = report_of(folder)["mean"]
    assert mean["L1"] == pytest.approx(10 / 255, abs=1e-5)
    assert mean["PSNR"] == pytest.approx(20 * np.log10(25.5), abs=1e-3)
    assert 0.9 < mean["SSIM"] < 1 and "edge F" in mean
    assert [row["name"] for row in report_of(folder)["rows"]] == ["a", "b", "c"]
    shown = capsys.readouterr().out
    assert "run/test_1" in shown and "no --reference FOLDER" in shown
    # The samples differ from the target by 5, 15 and 25 levels, and from each other by 10, 10 and 20 levels.
    folder = gallery(tmp_path / "run/test_2", offset=5, samples=3)
    evaluate("--results", folder)
    assert report_of(folder)["mean"]["diversity"] == pytest.approx(40 / 3 / 255, abs=1e-5)
    assert report_of(folder)["mean"]["L1"] == pytest.approx(15 / 255, abs=1e-5)


def test_kernel_distances_have_standard_errors(tmp_path, capsys):
    names = ("a", "b", "c", "d")
    near, far = (gallery(tmp_path / f"{x}/test_1", x * 60, names, samples=2) for x in (0, 1))
    output = tmp_path / "all.json"
    reference = photos(tmp_path / "photos", 8, side=96)  # they are scaled to the outputs
    (reference / "photo3.png").write_bytes(b"")
    assert evaluate("--results", near, far, "--compare", "--output", output, "--reference", reference) == 1
    report = json.loads(output.read_text())
    values = [run["mean"]["kernel distance x1000"] for run in report["runs"]]
    first, floor = (report["runs"][0][part] for part in ("mean", "reference_itself"))
    assert abs(floor["kernel distance x1000"]) < 3 * floor["its standard error"]
    found = report["differences_from_first"][0]["kernel distance x1000"]
    assert found["mean"] == pytest.approx(values[1] - values[0])
    assert found["half"] > 0 and first["its standard error"] > 0
    shown = capsys.readouterr().out
    assert "kernel distance left out" not in shown and "photo3.png: the file is empty" in shown
    few = photos(tmp_path / "few", 2)
    with pytest.raises(UserError, match="needs at least 3 photos"):
        evaluate("--results", near, "--reference", few)


def test_plain_folders_are_measured_but_not_changed(tmp_path):
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


def test_compare_uses_the_inputs_that_all_runs_have(tmp_path, capsys):
    near = gallery(tmp_path / "near/test_1", offset=5)
    far = gallery(tmp_path / "far/test_1", offset=15, names=("a", "b", "c", "d"))
    output = tmp_path / "all.json"
    evaluate("--results", near, far, "--compare", "--output", output)
    (found,) = json.loads(output.read_text())["differences_from_first"]
    # Every input differs by 10 levels, so the width of the interval is zero.
    assert found["L1"] == pytest.approx({"mean": 10 / 255, "half": 0}, abs=1e-5)
    shown = capsys.readouterr().out
    assert "+0.0392 ± " in shown and "left out 1 inputs that some runs lack: d" in shown
    with pytest.raises(UserError, match="needs two runs"):
        evaluate("--results", near, "--compare")
    other = gallery(tmp_path / "other/test_1", names=("x",))
    with pytest.raises(UserError, match="no input in common"):
        evaluate("--results", near, other, "--compare")


def test_images_of_different_sizes_are_reported(tmp_path):
    folder = gallery(tmp_path / "run/test_1")
    record = folder / "metrics.json"
    for label, message in (
        ("real_B", "b_real_B.png is 32x32 px, but its output is 64x64"),
        ("fake_B", "b_fake_B.png is 32x32 px, but other outputs"),
    ):
        save(folder / f"images/b_{label}.png", patches(1, side=32))
        with pytest.raises(UserError, match=message):
            evaluate("--results", folder)
    for text, message in (
        (record.read_text().replace("images/a_fake_B.png", "../../outside.png"), "must be a relative path"),
        ("{", "metrics.json does not belong to a gallery"),
    ):
        record.write_text(text)
        with pytest.raises(UserError, match=message):
            evaluate("--results", folder)
    assert not (folder / "evaluation.json").exists()


@pytest.mark.parametrize(("label", "kept"), [("fake_B", 60), ("real_A", 0), ("real_B", None)])
def test_an_input_with_an_unreadable_image_is_left_out(tmp_path, capsys, label, kept):
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


def theirs(folder, labels=("real_A", "fake_B", "real_B"), separator="_", offset=10):
    for seed in range(3):
        source, output, target = (f"{seed + 1}{separator}{label}.png" for label in labels)
        save(folder / source, lines())
        save(folder / output, patches(seed) + np.uint8(offset))
        save(folder / target, patches(seed))
    return folder


@pytest.mark.parametrize("where", ["test_latest/images", ""])
@pytest.mark.parametrize(
    ("labels", "separator"),
    [(("real_A", "fake_B", "real_B"), "_"), (("inputs", "outputs", "targets"), "-")],
)
def test_galleries_from_other_programs_are_read(tmp_path, where, labels, separator):
    theirs(tmp_path / "name/test_latest/images", labels, separator)
    evaluate("--results", tmp_path / "name" / where, "--output", tmp_path / "all.json")
    (run,) = json.loads((tmp_path / "all.json").read_text())["runs"]
    assert len(run["rows"]) == 3
    assert run["mean"]["L1"] == pytest.approx(10 / 255, abs=1e-5)


def test_real_B_of_cyclegan_is_not_a_target(tmp_path):
    for name in ("1_real_A", "1_fake_B", "1_rec_A", "1_real_B", "1_fake_A", "1_rec_B"):
        save(tmp_path / f"{name}.png", patches(0))
    (run,) = find_runs(tmp_path)
    assert list(run.outputs) == ["1"] and not run.targets


def test_the_images_folder_of_a_gallery_stands_for_the_gallery(tmp_path):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    assert find_runs(folder / "images") == find_runs(folder)


def test_folders_that_cannot_be_measured_are_refused(tmp_path):
    save(tmp_path / "photo.png", patches(0))
    with pytest.raises(UserError, match="nothing can be measured: .*--reference.*--inputs, --targets"):
        evaluate("--results", tmp_path)
    theirs(tmp_path)
    with pytest.raises(UserError, match="others, such as photo"):
        find_runs(tmp_path)
