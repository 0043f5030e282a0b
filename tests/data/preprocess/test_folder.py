"""Preprocessing a folder: names, second runs, hostile files, flags and mistakes."""

import json
import os
import shutil
import time

import numpy as np
import pytest
from conftest import command, drawing
from PIL import Image

from data.preprocess.folder import preprocess_folder
from data.preprocess.pair import EdgeSettings, prepare
from data.preprocess.records import output_names
from util.image import read_rgb
from util.image_files import find_images


def made(folder):
    return sorted(p.name for p in folder.iterdir() if p.suffix in (".png", ".jpg"))


def test_a_folder_becomes_pairs_named_after_their_source(tmp_path, photos):
    (photos / "sub").mkdir()
    Image.fromarray(drawing(np.random.default_rng(9))).save(photos / "sub" / "0.jpg")
    result = preprocess_folder(photos, tmp_path / "out", size_px=32)
    assert made(tmp_path / "out") == ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "sub_0.png"]
    image = np.asarray(Image.open(tmp_path / "out" / "1.png"))
    assert image.shape == (32, 64, 3)
    assert set(np.unique(image[:, 32:])) <= {0, 255}
    records = json.loads((tmp_path / "out" / "preprocess.json").read_text())
    assert records == result
    assert records["settings"]["size"] == 32 and records["settings"]["edges"] == "auto_canny"
    assert {r["status"] for r in records["files"]} == {"done"}


def test_a_second_run_skips_what_is_done_and_overwrite_does_not(tmp_path, photos):
    out = tmp_path / "out"
    preprocess_folder(photos, out, size_px=32)
    stamp = {p: (out / p).stat().st_mtime_ns for p in made(out)}
    Image.fromarray(drawing(np.random.default_rng(7))).save(photos / "new.png")
    result = preprocess_folder(photos, out, size_px=32)
    assert [r["file"] for r in result["files"] if r["status"] == "done"] == ["new.png"]
    assert all((out / p).stat().st_mtime_ns == t for p, t in stamp.items())
    result = preprocess_folder(photos, out, size_px=32, overwrite=True)
    assert {r["status"] for r in result["files"]} == {"done"}
    changed = preprocess_folder(photos, out, size_px=48)  # other settings: made again, not mixed
    assert {r["status"] for r in changed["files"]} == {"done"}
    assert Image.open(out / "1.png").size == (96, 48)


def test_workers_change_nothing(tmp_path, photos):
    results = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        preprocess_folder(photos, out, size_px=48, workers=workers)
        results.append({p: (out / p).read_bytes() for p in [*made(out), "preprocess.json"]})
    assert results[0] == results[1]


def test_names_that_collide_keep_apart(tmp_path):
    from pathlib import Path

    sources = [Path(p) for p in ("a.png", "a.jpg", "A.gif", "x/a.png", "x_a.bmp", "b.png", "é/日本.png")]
    names = output_names(sources, "png", {})
    assert len({n.casefold() for n in names.values()}) == len(sources)
    assert names["b.png"] == "b.png"
    assert names["é/日本.png"] == "日本.png"
    # A name once given stays, whoever comes later.
    more = output_names([*sources, Path("c/b.png")], "png", {k: {"output": v} for k, v in names.items()})
    assert all(more[k] == v for k, v in names.items())


def test_doubtful_pairs_are_flagged_and_moved_aside(tmp_path, photos):
    Image.new("RGB", (64, 64), "white").save(photos / "blank.png")
    Image.open(photos / "1.png").save(photos / "twin.bmp")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(photos / "noise.png")
    Image.fromarray(drawing(np.random.default_rng(4))).resize((14, 14)).save(photos / "tiny.png")
    result = preprocess_folder(photos, tmp_path / "out", size_px=64, input_kind="photo", quarantine=True)
    flags = {r["file"]: r["flags"] for r in result["files"] if r["flags"]}
    assert flags["blank.png"] == ["blank"]
    assert flags["twin.bmp"] == ["duplicate of 1.png"]
    assert "too dense" in flags["noise.png"] and "tiny original" in flags["tiny.png"]
    preprocess_folder(photos, tmp_path / "kept", size_px=64, input_kind="photo")
    report = (tmp_path / "kept" / "preprocess.html").read_text()
    assert "look for a larger file" in report and "keep one of them" in report
    aside = made(tmp_path / "out_quarantine")
    assert {"blank.png", "twin.png", "noise.png", "tiny.png"} <= set(aside)
    assert not set(aside) & set(made(tmp_path / "out"))


def test_edges_can_come_from_drawings_of_the_same_names(tmp_path, photos):
    drawings = tmp_path / "drawings"
    drawings.mkdir()
    rng = np.random.default_rng(8)
    for path in list(find_images(photos))[:5]:
        Image.fromarray(drawing(rng)).save(drawings / f"{path.stem}.jpg")
    result = preprocess_folder(photos, tmp_path / "out", size_px=64, edges_from=drawings, input_kind="photo")
    assert [r["reason"] for r in result["files"] if r["status"] == "failed"] == [
        "there is no drawing of that name"
    ]
    made_pair = np.asarray(Image.open(tmp_path / "out" / "0.png"))
    assert np.array_equal(made_pair[:, :64], read_rgb(photos / "0.png"))
    wanted = prepare(read_rgb(drawings / "0.jpg"), 64, EdgeSettings()).edges
    assert np.array_equal(made_pair[:, 64:, 0], wanted)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-i", "nowhere", "-o", "out"], ["nowhere", "does not exist"]),
        (["-i", "empty", "-o", "out"], ["empty", "holds no images"]),
        (["-i", "broken", "-o", "out"], ["none of 1 images", "x.png"]),
        (["-i", "photos", "-o", "photos"], ["--output"]),
        (["-i", "photos", "-o", "file"], ["--output", "file"]),
        (["-i", "photos", "-o", "out", "-s", "0"], ["'0'", "whole number"]),
        (["-i", "photos"], ["--output"]),
        (["-i", "photos", "-o", "out", "--edges", "sobel"], ["sobel", "auto_canny"]),
    ],
)
def test_mistakes_get_one_line(tmp_path, photos, arguments, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.png").write_bytes(b"x")
    (tmp_path / "file").write_text("")
    done = command("preprocess.py", *arguments, cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if "error" in line]
    assert done.returncode == 2 and len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert all(word in lines[0] for word in words), lines[0]


def test_an_edited_drawing_is_done_again_and_a_quarantined_pair_is_not(tmp_path, photos):
    drawings = tmp_path / "drawings"
    shutil.copytree(photos, drawings)
    how = {"size_px": 32, "edges_from": drawings, "input_kind": "photo"}
    preprocess_folder(photos, tmp_path / "out", **how)
    os.utime(drawings / "2.png", ns=(time.time_ns(), time.time_ns() + 10**9))
    again = preprocess_folder(photos, tmp_path / "out", **how)
    assert [r["file"] for r in again["files"] if r["status"] == "done"] == ["2.png"]

    Image.new("RGB", (64, 64), "white").save(photos / "blank.png")
    for _ in range(2):
        result = preprocess_folder(photos, tmp_path / "two", size_px=32, quarantine=True)
        assert {r["file"]: r["status"] for r in result["files"]}["blank.png"] == "quarantined"
    assert (tmp_path / "two_quarantine" / "blank.png").exists() and not (
        tmp_path / "two" / "blank.png"
    ).exists()


def test_records_from_outside_cannot_lead_out_of_the_folder(tmp_path, photos):
    out = tmp_path / "out"
    result = preprocess_folder(photos, out, size_px=32)
    for record in result["files"]:
        record["output"] = "../" + record["output"]
    (out / "preprocess.json").write_text(json.dumps(result))
    preprocess_folder(photos, out, size_px=32, overwrite=True)
    assert not list(tmp_path.glob("*.png"))
    for nothing in ("[1, 2]", "[" * 100_000, '{"files": [1, null, {}]}'):
        (out / "preprocess.json").write_text(nothing)
        assert len(preprocess_folder(photos, out, size_px=32)["files"]) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", {}),
        ("hash", "x"),
        ("height", 10**400),
        ("flags", 5),
        ("mtime_ns", None),
        ("kind", []),
        ("output", "\ud800"),
    ],
)
def test_a_record_with_values_of_other_types_is_made_anew(tmp_path, photos, name, value):
    result = preprocess_folder(photos, tmp_path / "out", size_px=32)
    result["files"][1][name] = value
    (tmp_path / "out" / "preprocess.json").write_text(json.dumps(result))
    again = preprocess_folder(photos, tmp_path / "out", size_px=32)
    assert [r["status"] for r in again["files"]] == ["skipped", "done", *["skipped"] * 4]


@pytest.mark.parametrize(
    "bad", [5, {"edges": "sobel"}, {"sigma": "x"}, {"pad": []}, {"keep_checkerboard": 1}]
)
def test_settings_of_other_types_are_not_taken_up(bad):
    assert EdgeSettings.from_json(bad) is None
    assert EdgeSettings.from_json({"edges": "contour", "size": 3}) == EdgeSettings(edges="contour")


def test_bad_files_are_reported_and_cost_no_good_one(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(drawing(np.random.default_rng(5))).save(folder / "good.png")
    whole = (folder / "good.png").read_bytes()
    good = {"good.png", "日本語.png", "new\nline.png", "<img src=x onerror=alert(1)>.png", "x" * 200 + ".png"}
    bad = {f"cut{i}.png": whole[: 10 + i * len(whole) // 5] for i in range(4)}
    bad |= {"empty.bmp": b"", "noise.jpg": bytes(range(200)), "text.jpeg": b"<html>not an image</html>"}
    for name, content in {**dict.fromkeys(good, whole), **bad}.items():
        (folder / name).write_bytes(content)
    for name, size in {"dot.png": (1, 1), "strip.png": (20000, 10)}.items():
        Image.new("RGB", size, (200, 30, 30)).save(folder / name)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    (folder / "circle.png").symlink_to("circle.png")
    done = command("preprocess.py", "-i", folder, "-o", tmp_path / "out", "-s", "32", "--workers", "2")
    assert done.returncode == 1 and "Traceback" not in done.stderr + done.stdout
    records = json.loads((tmp_path / "out" / "preprocess.json").read_text())["files"]
    by_status = {s: {r["file"] for r in records if r["status"] == s} for s in ("done", "failed")}
    assert by_status["done"] == good | {"dot.png", "strip.png"}
    assert by_status["failed"] == bad.keys() | {"dangling.png", "circle.png"}
    assert len(made(tmp_path / "out")) == len(good) + 2
    report = (tmp_path / "out" / "preprocess.html").read_text()
    assert "<img src=x onerror" not in report and "&lt;img src=x onerror=alert(1)&gt;.png" in report
    assert all(f"not used: {name}: " in done.stdout for name in by_status["failed"])
