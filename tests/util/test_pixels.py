"""Tests of bit depths, bands, pages and color profiles of image files."""

import itertools
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from util.image import UnreadableImage, read_rgb, read_rgba
from util.pixels import BANDS, BEYOND, DIM, NARROW, PAGES, PROFILE

LEVELS = np.linspace(0, 1, 64).reshape(8, 8)


def read(path, value_range=None):
    said = []
    return read_rgb(path, value_range=value_range, remarks=said)[..., 0], said


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_scaling_of_16_bit_images_depends_on_type_and_not_on_values(tmp_path, extension):
    for name, most in (("full", 65535), ("half", 32767), ("few", 200)):
        cv2.imwrite(str(tmp_path / f"{name}.{extension}"), np.rint(LEVELS * most).astype(np.uint16))
    for name, brightest in (("full", 255), ("half", 127), ("few", 1)):
        gray, said = read(tmp_path / f"{name}.{extension}")
        assert gray.max() in (brightest, brightest + 1), name
        assert said == ([NARROW] if name == "few" else [])


def test_12_bit_values_are_reported_unless_their_range_is_given(tmp_path):
    twelve = np.rint(LEVELS * 4095).astype(np.uint16)
    for extension in ("png", "tif"):
        cv2.imwrite(str(tmp_path / f"gray.{extension}"), twelve)
        cv2.imwrite(str(tmp_path / f"rgb.{extension}"), np.stack([twelve, twelve // 2, twelve], 2))
    cv2.imwrite(str(tmp_path / "rgba.png"), np.stack([twelve] * 3 + [twelve * 0 + 65535], 2))
    for path in sorted(tmp_path.iterdir()):
        assert read(path)[1] == [NARROW if path.stem == "gray" else DIM], path
        rgb, said = read_rgb(path, value_range=(0, 4095), remarks=(said := [])), said
        assert not said
        assert np.abs(rgb[..., 0] - LEVELS * 255).max() <= 0.51, path
        assert np.abs(rgb[..., 1] - LEVELS * 255 / (1 + (path.stem == "rgb"))).max() <= 0.6, path


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_and_signed_values_are_scaled_by_their_type(tmp_path, kind):
    values = LEVELS.astype(kind)
    values[0, 5] = 1.02
    cv2.imwrite(str(tmp_path / "a.tif"), values)
    gray, said = read(tmp_path / "a.tif")
    assert np.abs(gray - np.clip(values, 0, 1) * 255).max() <= 0.51 and said == [BEYOND]
    cv2.imwrite(str(tmp_path / "b.tif"), values * 255)
    assert read(tmp_path / "b.tif")[1] == [BEYOND]
    gray, said = read(tmp_path / "b.tif", (0, 261))
    assert gray.max() == 254 and not said
    cv2.imwrite(str(tmp_path / "ct.tif"), np.rint(LEVELS * 4000 - 1000).astype(np.int16))
    gray, said = read(tmp_path / "ct.tif")
    assert 120 < gray.min() < gray.max() < 145 and said == [NARROW]


def test_label_maps_are_near_black_but_dark_images_with_highlights_are_not(tmp_path):
    labels = (np.arange(64).reshape(8, 8) % 19).astype(np.uint8)
    Image.fromarray(labels).save(tmp_path / "ids.png")
    assert read(tmp_path / "ids.png")[1] == [DIM]
    labels[3] = 200
    Image.fromarray(labels).save(tmp_path / "light.png")
    assert read(tmp_path / "light.png")[1] == []


def test_unused_pages_and_bands_are_reported(tmp_path):
    page = Image.fromarray((LEVELS * 255).astype(np.uint8))
    page.save(tmp_path / "stack.tif", save_all=True, append_images=[Image.new("L", (8, 8))])
    page.save(tmp_path / "one.tif")
    gray, said = read(tmp_path / "stack.tif")
    assert np.array_equal(gray, np.asarray(page)) and said == [PAGES]
    assert read(tmp_path / "one.tif")[1] == []
    page.convert("RGB").save(tmp_path / "five.tif")
    (tmp_path / "five.tif").write_bytes(tiff_of(5))
    assert read(tmp_path / "five.tif")[1] == [BANDS]
    (tmp_path / "eight.tif").write_bytes(tiff_of(8))
    with pytest.raises(UnreadableImage, match="8 bands"):
        read(tmp_path / "eight.tif")


def tiff_of(bands):
    """Return an 8x8 TIFF with three RGB bands and further bands that have no meaning."""
    entries = [
        (256, 3, 1, 8), (257, 3, 1, 8), (258, 3, bands, 200), (262, 3, 1, 2), (273, 4, 1, 300),
        (277, 3, 1, bands), (278, 3, 1, 8), (279, 4, 1, 64 * bands), (338, 3, bands - 3, 250),
    ]  # fmt: skip
    head = b"II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little")
    for tag, kind, count, value in entries:
        head += b"".join(x.to_bytes(n, "little") for x, n in ((tag, 2), (kind, 2), (count, 4), (value, 4)))
    if bands == 5:  # the last entry stores its two 2-byte values inline; both must be 0
        head = head[:-4] + bytes(4)
    head = (head + bytes(4)).ljust(200, b"\0") + b"\x08\0" * bands
    return head.ljust(300, b"\0") + bytes(range(256)) * bands


# CIE XYZ values (D65) of the red, green and blue primaries, one per column, from the standards.
_SRGB = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
_ADOBE = [[0.5767, 0.1856, 0.1882], [0.2973, 0.6274, 0.0753], [0.0270, 0.0707, 0.9911]]
_P3 = [[0.4866, 0.2657, 0.1982], [0.2290, 0.6917, 0.0793], [0.0000, 0.0451, 1.0439]]
# Converts XYZ from D65 to D50, the white point of color profiles (Bradford's method).
_TO_D50 = [[1.0479, 0.0229, -0.0502], [0.0296, 0.9904, -0.0171], [-0.0092, 0.0151, 0.7519]]


def icc(space, tags, *, kind=b"mntr", pcs=b"XYZ "):
    """Return an ICC profile, version 2, with the given tags."""
    desc = b"desc" + struct.pack(">4xI", 5) + b"test\0" + bytes(78)
    d50 = b"XYZ " + struct.pack(">4x3i", 63190, 65536, 54061)
    tags = {b"desc": desc, b"wtpt": d50, b"cprt": b"text\0\0\0\0none\0", **tags}
    tags = {name: data + bytes(-len(data) % 4) for name, data in tags.items()}
    start, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s12x4s", start + len(body), b"lcms", 0x02400000, kind, space, pcs, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def rgb_profile(primaries, gamma):
    columns = (np.array(_TO_D50) @ np.array(primaries)).T
    tags = {
        name: b"XYZ " + struct.pack(">4x3i", *np.rint(column * 65536).astype(int))
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    curve = b"curv" + struct.pack(">4xIH", 1, round(gamma * 256))
    return icc(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


@pytest.mark.parametrize(("primaries", "gamma"), [(_ADOBE, 2.19921875), (_P3, 2.2)])
@pytest.mark.parametrize("color", [(200, 100, 50), (90, 140, 110), (128,) * 3, (240, 250, 245), (0, 255, 0)])
def test_wide_gamut_colors_are_converted_to_srgb(tmp_path, primaries, gamma, color):
    Image.new("RGB", (4, 4), color).save(tmp_path / "wide.png", icc_profile=rgb_profile(primaries, gamma))
    linear = np.linalg.solve(_SRGB, np.array(primaries) @ (np.array(color) / 255) ** gamma).clip(0, 1)
    encoded = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    found = read_rgb(tmp_path / "wide.png")[0, 0].astype(int)
    assert np.abs(found - encoded * 255).max() < 2.5, found


def test_transparency_survives_profiles_and_unusable_profiles_are_reported(tmp_path):
    image = Image.new("RGB", (8, 8), (200, 40, 40))
    foreign = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000)).tobytes()
    for profile in (b"no profile", foreign):
        image.save(tmp_path / "a.png", icc_profile=profile)
        said = []
        assert tuple(read_rgb(tmp_path / "a.png", remarks=said)[0, 0]) == (200, 40, 40)
        assert said == [PROFILE]
    clear = image.convert("RGBA")
    clear.putpixel((3, 3), (200, 40, 40, 0))
    for picture in (image, clear):
        picture.save(tmp_path / f"{picture.mode}.png", icc_profile=rgb_profile(_ADOBE, 2.2))
    rgb, alpha = read_rgba(tmp_path / "RGBA.png")
    assert np.array_equal(rgb[0], read_rgb(tmp_path / "RGB.png")[0]) and rgb[3, 3].tolist() == [255] * 3
    assert alpha[3, 3] == 0 and alpha[0, 0] == 255


# The colors of printed inks (cyan, magenta, yellow and black) and of paper, in CIE Lab and in sRGB.
_INKS = {
    (1, 0, 0, 0): ((62, -31, -48), (0, 167, 234)),
    (0, 1, 0, 0): ((52, 81, -7), (237, 0, 140)),
    (0, 0, 1, 0): ((95, -6, 96), (255, 242, 0)),
    (0, 0, 0, 1): ((18, 1, 0), (45, 44, 44)),
    (0, 0, 0, 0): ((100, 0, 0), (255, 255, 255)),
}


def cmyk_profile():
    """Return a CMYK profile with the colors of `_INKS`, in which all mixtures of inks are black."""
    levels = b"".join(
        struct.pack("3B", round(L * 2.55), a + 128, b + 128)
        for inks in itertools.product((0, 1), repeat=4)
        for L, a, b in [_INKS.get(inks, [(0, 0, 0)])[0]]
    )
    identity = bytes(range(256))
    lut = b"mft1" + struct.pack(">4x4B9i", 4, 3, 2, 0, *np.eye(3, dtype=int).ravel() * 65536)
    lut += identity * 4 + levels + identity * 3
    return icc(b"CMYK", {b"A2B0": lut}, kind=b"prtr", pcs=b"Lab ")


@pytest.mark.parametrize("extension", ["tif", "jpg"])
def test_inks_are_converted_to_srgb_with_their_profile(tmp_path, extension):
    how = {"quality": 100, "subsampling": 0} if extension == "jpg" else {}
    for inks, (_, srgb) in _INKS.items():
        path = tmp_path / f"ink.{extension}"
        Image.new("CMYK", (16, 16), tuple(255 * i for i in inks)).save(
            path, icc_profile=cmyk_profile(), **how
        )
        found = read_rgb(path)[8, 8].astype(int)
        assert np.abs(found - srgb).max() < 4, (inks, found)
        Image.new("CMYK", (16, 16), tuple(255 * i for i in inks)).save(path, **how)
        assert np.abs(read_rgb(path)[8, 8] - 255.0 * (1 - np.array(inks[:3])) * (1 - inks[3])).max() < 3
