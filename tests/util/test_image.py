"""Tests of reading image files."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from conftest import ROOT, drawing
from PIL import Image

from util.image import UnreadableImage, read_rgb
from util.image_files import find_images


def test_every_kind_of_image_becomes_rgb(tmp_path):
    rgb = drawing(np.random.default_rng(3))
    image = Image.fromarray(rgb)
    image.convert("CMYK").save(tmp_path / "cmyk.jpg")
    image.convert("L").save(tmp_path / "gray.png")
    image.quantize(16).save(tmp_path / "palette.gif")
    image.save(tmp_path / "a.webp", lossless=True)
    image.save(tmp_path / "a.tiff")
    image.save(tmp_path / "a.bmp")
    image.save(tmp_path / "wrong_extension.jpg", "PNG")
    Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    cv2.imwrite(str(tmp_path / "rgb16.png"), rgb[..., ::-1].astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "float.hdr"), rgb[..., ::-1].astype(np.float32) / 255)
    found = find_images(tmp_path)
    assert len(found) == 10
    for path in found:
        read = read_rgb(path)
        assert read.shape == (64, 64, 3) and read.dtype == np.uint8
        wanted = np.asarray(image.convert("L").convert("RGB")) if path.stem in ("gray", "sixteen") else rgb
        assert np.abs(read.astype(int) - wanted).mean() < 14, path


def test_exif_rotation_is_applied(tmp_path):
    wide = Image.fromarray(np.zeros((10, 30, 3), np.uint8))
    exif = wide.getexif()
    exif[0x0112] = 6
    wide.save(tmp_path / "turned.jpg", exif=exif)
    assert read_rgb(tmp_path / "turned.jpg").shape == (30, 10, 3)


def test_large_jpegs_are_decoded_at_a_reduced_size(tmp_path):
    Image.fromarray(drawing(np.random.default_rng(0), 1600)).save(tmp_path / "large.jpg")
    assert read_rgb(tmp_path / "large.jpg", least_px=300).shape == (400, 400, 3)
    assert read_rgb(tmp_path / "large.jpg").shape == (1600, 1600, 3)


def test_transparent_images_are_blended_with_white(tmp_path):
    rgba = Image.fromarray(np.random.default_rng(1).integers(0, 256, (700, 9, 4), np.uint8))
    rgba.save(tmp_path / "a.png")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    assert np.array_equal(read_rgb(tmp_path / "a.png"), Image.alpha_composite(white, rgba).convert("RGB"))
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[:4] = [200, 10, 10, 255]
    for name, image in (("palette", Image.fromarray(clear).quantize(4)), ("la", Image.fromarray(clear))):
        (image.convert("LA") if name == "la" else image).save(tmp_path / f"{name}.png")
        assert (read_rgb(tmp_path / f"{name}.png")[4:] == 255).all()


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "1"])
def test_reading_needs_little_more_memory_than_the_pixels(tmp_path, mode):
    Image.new(mode, (6000, 6000)).save(tmp_path / "a.png")
    most = r"int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) / 1024"
    code = "import re, sys; from util.image import read_rgb; "
    code += f"before = {most}; read_rgb(sys.argv[1]); print({most} - before)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.png"], capture_output=True, cwd=ROOT)
    decoded, result = 36 * {"RGBA": 4, "I;16": 2, "1": 1}[mode], 36 * 3
    assert float(done.stdout) < (decoded + result) / 1.048576 + 150


@pytest.mark.parametrize("name", ["drawing.png", "drawing.jpg"])
def test_reading_a_file_does_not_run_another_program(tmp_path, name, monkeypatch):
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
    (tmp_path / name).write_bytes(script)
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *line, **how: started.append(line))
    with pytest.raises(UnreadableImage, match=f"{name} cannot be read: not an image"):
        read_rgb(tmp_path / name)
    assert not started
