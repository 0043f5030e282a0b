"""Tests for finding images in folders and for describing other files."""

import json
import os

import cv2
import numpy as np
import pytest
from conftest import drawing
from PIL import Image

from data.base_dataset import find_samples
from data.preprocess.folder import describe_images, preprocess_folder
from util import image_files
from util.errors import UserError
from util.image import read_rgb
from util.image_files import describe_missing, describe_other_files, find_images
from util.pixels import NARROW

PHOTO = Image.fromarray(drawing(np.random.default_rng(0)))


def test_images_are_in_natural_order(tmp_path):
    for name in ("frame10", "frame2", "frame1", "a/10", "a/9", "Frame3", "frame02"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        PHOTO.save(tmp_path / f"{name}.png")
    found = [p.relative_to(tmp_path).with_suffix("").as_posix() for p in find_images(tmp_path)]
    assert found == ["Frame3", "a/9", "a/10", "frame1", "frame02", "frame2", "frame10"]


def test_images_without_extension_are_found_but_text_files_are_not(tmp_path):
    for form in ("PNG", "JPEG", "TIFF", "WEBP"):
        PHOTO.save(tmp_path / form, form)
    (tmp_path / "LICENSE").write_text("RIFF is at the start of some image files, and of this text.")
    os.mkfifo(tmp_path / "pipe")
    assert [p.name for p in find_images(tmp_path)] == ["JPEG", "PNG", "TIFF", "WEBP"]
    assert read_rgb(tmp_path / "PNG").shape == (64, 64, 3)
    assert "2 without extension" in describe_other_files(tmp_path)


def test_unusable_files_are_reported_with_advice(tmp_path, photos):
    for name in ("a.dng", "b.DCM", "c.svg", "d.npy", "e.dcm", "notes.txt", "labels.csv", "a.lnk"):
        (photos / name).write_bytes(b"...")
    said = describe_images(preprocess_folder(photos, tmp_path / "out", size_px=32), photos)
    kinds = "1 .dng, 2 .dcm, 1 .svg, 1 .npy"
    assert said == [f"files that cannot be read as images: {kinds} (convert them to PNG or JPEG)"]
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.zip").write_bytes(b"...")
    for find in (lambda: preprocess_folder(raw, tmp_path / "out2"), lambda: find_samples(str(raw), "train")):
        with pytest.raises(UserError, match=r"1 \.zip .convert them.*\.zip: unpack it"):
            find()


def test_heic_images_are_read_if_the_plugin_is_installed(tmp_path, monkeypatch):
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(PHOTO).save(tmp_path / "IMG_0001.HEIC", quality=95)
    assert [p.name for p in find_images(tmp_path)] == ["IMG_0001.HEIC"]
    assert np.abs(read_rgb(tmp_path / "IMG_0001.HEIC").astype(int) - np.asarray(PHOTO)).mean() < 9
    assert not describe_other_files(tmp_path)
    monkeypatch.setattr(image_files, "image_extensions", lambda: frozenset({".png"}))
    assert not find_images(tmp_path)
    assert "1 .heic" in (said := describe_other_files(tmp_path)) and "pip install pillow-heif" in said


def test_all_16_bit_images_in_a_folder_use_the_same_value_range(tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    for i, most in enumerate((4095, 2000, 500)):
        ramp = np.linspace(100, most, 64 * 64).reshape(64, 64).astype(np.uint16)
        cv2.imwrite(str(scans / f"{i}.png"), ramp)
    result = preprocess_folder(scans, tmp_path / "type", size_px=64)
    assert all("uses few of its values" in r["flags"] and r["remarks"] == [NARROW] for r in result["files"])
    assert describe_images(result, scans) == [f"3 images {NARROW}: 0.png, 1.png, 2.png"]
    result = preprocess_folder(scans, tmp_path / "folder", size_px=64, value_range="folder")
    assert not any("uses few of its values" in r["flags"] for r in result["files"])
    recorded = json.loads((tmp_path / "folder" / "preprocess.json").read_text())["settings"]["value_range"]
    assert recorded == "100,4095" and recorded in describe_images(result, scans)[0]
    brightest = [read_rgb(tmp_path / "folder" / f"{i}.png")[:, :64].max() for i in range(3)]
    assert brightest == pytest.approx([255, 1900 / 3995 * 255, 400 / 3995 * 255], abs=2)


def test_describe_missing_gives_the_reason_and_advice(tmp_path):
    for name in ("scans.zip", "photo.png"):
        (tmp_path / name).write_bytes(b"x")
    unpack = "is a file, not a folder: unpack it and give the folder"
    assert describe_missing(tmp_path / "scans.zip") == unpack
    assert describe_missing(tmp_path / "photo.png") == "is a file, not a folder"
    assert describe_missing(tmp_path / "none") == "does not exist"
    assert describe_missing("C:\\Users\\me") == r"does not exist (write / for \, and /mnt/c/ for C:\)"
