"""Tests of making pairs from a folder of images."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import command, drawing
from PIL import Image

import preprocess
from data.preprocess.folder import preprocess_folder
from data.preprocess.pair import EdgeSettings, prepare
from data.preprocess.records import output_names
from util.errors import run_command
from util.image import read_rgb


def made(folder):
    return sorted(p.name for p in folder.iterdir() if p.suffix in (".png", ".jpg"))


def by_status(result):
    found = {}
    for record in result["files"]:
        found.setdefault(record["status"], []).append(record["file"])
    return found


def test_the_number_of_workers_does_not_change_the_pairs(tmp_path, photos):
    (photos / "sub").mkdir()
    Image.fromarray(drawing(np.random.default_rng(9))).save(photos / "sub" / "0.jpg")
    contents = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        result = preprocess_folder(photos, out, size_px=32, workers=workers)
        contents.append({p: (out / p).read_bytes() for p in [*made(out), "preprocess.json"]})
    assert contents[0] == contents[1]
    assert made(out) == ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "sub_0.png"]
    image = np.asarray(Image.open(out / "1.png"))
    assert image.shape == (32, 64, 3) and set(np.unique(image[:, 32:])) <= {0, 255}
    records = json.loads((out / "preprocess.json").read_text())
    assert records == result and list(by_status(records)) == ["done"]
    assert records["settings"]["size"] == 32 and records["settings"]["edges"] == "auto_canny"


def test_a_second_run_makes_only_new_and_edited_pairs(tmp_path, photos):
    out, drawings = tmp_path / "out", tmp_path / "drawings"
    shutil.copytree(photos, drawings)
    how = {"size_px": 32, "edges_from": drawings, "input_kind": "photo"}
    preprocess_folder(photos, out, **how)
    stamp = {p: (out / p).stat().st_mtime_ns for p in made(out)}
    for folder in (photos, drawings):
        Image.fromarray(drawing(np.random.default_rng(7))).save(folder / "new.png")
    os.utime(drawings / "2.png", ns=(time.time_ns(), time.time_ns() + 10**9))
    assert by_status(preprocess_folder(photos, out, **how))["done"] == ["2.png", "new.png"]
    assert all((out / p).stat().st_mtime_ns == t for p, t in stamp.items() if p != "2.png")
    assert list(by_status(preprocess_folder(photos, out, **how, overwrite=True))) == ["done"]
    # If the settings change, all pairs are made again.
    assert list(by_status(preprocess_folder(photos, out, **how | {"size_px": 48}))) == ["done"]
    assert Image.open(out / "1.png").size == (96, 48)


def test_images_with_the_same_name_give_pairs_with_different_names():
    sources = [Path(p) for p in ("a.png", "a.jpg", "A.gif", "x/a.png", "x_a.bmp", "b.png", "é/日本.png")]
    names = output_names(sources, "png", {})
    assert len({n.casefold() for n in names.values()}) == len(sources)
    assert names["b.png"] == "b.png" and names["é/日本.png"] == "日本.png"
    more = output_names([*sources, Path("c/b.png")], "png", {k: {"output": v} for k, v in names.items()})
    assert all(more[k] == v for k, v in names.items())


def test_suspicious_pairs_are_flagged_and_the_report_gives_advice(tmp_path, photos):
    Image.new("RGB", (64, 64), "white").save(photos / "blank.png")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(photos / "noise.png")
    Image.fromarray(drawing(np.random.default_rng(4))).resize((14, 14)).save(photos / "tiny.png")
    result = preprocess_folder(photos, tmp_path / "out", size_px=64, input_kind="photo")
    flags = {r["file"]: r["flags"] for r in result["files"] if r["flags"]}
    assert flags["blank.png"] == ["blank"]
    assert "too dense" in flags["noise.png"] and "tiny original" in flags["tiny.png"]
    report = (tmp_path / "out" / "preprocess.html").read_text()
    assert "find a larger file" in report and "choose another --edges" in report


def test_edges_can_be_extracted_from_drawings_named_like_the_photos(tmp_path, photos):
    drawings = tmp_path / "drawings"
    drawings.mkdir()
    for number in range(5):
        Image.fromarray(drawing(np.random.default_rng(number))).save(drawings / f"{number}.jpg")
    result = preprocess_folder(photos, tmp_path / "out", size_px=64, edges_from=drawings, input_kind="photo")
    reasons = {r["file"]: r["reason"] for r in result["files"] if r["status"] == "failed"}
    assert reasons == {"5.png": "there is no drawing with that name"}
    pair = np.asarray(Image.open(tmp_path / "out" / "0.png"))
    assert np.array_equal(pair[:, :64], read_rgb(photos / "0.png"))
    wanted = prepare(read_rgb(drawings / "0.jpg"), 64, EdgeSettings()).edges
    assert np.array_equal(pair[:, 64:, 0], wanted)


@pytest.mark.parametrize(("arguments", "words"), [
    ("-i nowhere -o out", ["nowhere", "does not exist"]), ("-i empty -o out", ["empty", "no images"]),
    ("-i broken -o out", ["none of 1 images", "x.png"]), ("-i photos -o photos", ["--output"]),
    ("-i photos -o file", ["--output", "file"]), ("-i photos -o out -s 0", ["'0'", "whole number"]),
    ("-i photos", ["--output"]), ("-i photos -o out --edges sobel", ["sobel", "auto_canny"]),
])  # fmt: skip
def test_mistakes_give_one_line_and_exit_code_2(tmp_path, photos, monkeypatch, capsys, arguments, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.png").write_bytes(b"x")
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["preprocess.py", *arguments.split(), "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        run_command(preprocess.main)
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert ended.value.code == 2 and len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


def test_records_with_paths_outside_the_folder_are_ignored(tmp_path, photos):
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


def test_bad_files_are_reported_and_good_files_are_used(tmp_path):
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
    found = by_status(json.loads((tmp_path / "out" / "preprocess.json").read_text()))
    assert {*found["done"]} == good | {"dot.png", "strip.png"}
    assert {*found["failed"]} == bad.keys() | {"dangling.png", "circle.png"}
    assert len(made(tmp_path / "out")) == len(good) + 2
    report = (tmp_path / "out" / "preprocess.html").read_text()
    assert "<img src=x onerror" not in report and "&lt;img src=x onerror=alert(1)&gt;.png" in report
    assert all(f"not used: {name}: " in done.stdout for name in found["failed"])
