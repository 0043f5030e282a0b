"""Exported ONNX models generate the same images as test.py."""

import importlib.util

import numpy as np
import pytest
import torch
from conftest import ROOT, assert_one_line_error, command

from tests.drawing_runs import make_run

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
    pytest.skip(f"{', '.join(missing)} not installed", allow_module_level=True)


def test_the_model_accepts_any_size_and_noise(tmp_path):
    from scripts.exporting.export import example_lines, export_run
    from scripts.exporting.generator import draw
    from scripts.exporting.onnx_file import session

    found = export_run(make_run(tmp_path, "noisy", nz=3) / "noisy", "latest")
    assert found.distance() <= 1e-4
    told = {prop.key: prop.value for prop in found.onnx.metadata_props}
    assert told["image_sizes"] == "multiples of 128" and told["dropout"] == "off" and "3" in told["noise"]
    # A batch of two images with different noise gives the same images as processing them one at a time.
    wide = example_lines(256, 3)[:, :, :128]
    lines = torch.cat([wide, wide.flip(3)])
    noise, wanted = [], []
    for sample, image in enumerate(lines.split(1)):
        noise.append(draw(found.generator, image, "x.png", sample).noise)
        wanted.append(found.generator.generate(image, ["x.png"], sample=sample))
    feeds = {"real_A": lines.numpy(), "z": torch.cat(noise).numpy()}
    assert np.abs(session(found.onnx).run(None, feeds)[0] - torch.cat(wanted).numpy()).max() <= 1e-4
    assert not torch.equal(noise[0], noise[1])


def test_the_generator_in_the_repository_can_be_exported():
    from scripts.exporting.export import export_run

    assert export_run(ROOT / "checkpoints" / "animals", "latest").distance() <= 1e-4  # it uses group norm


def test_the_command_exports_8_bit_images_and_dropout_masks(tmp_path):
    import onnx

    from models import load_generator
    from scripts.exporting.export import as_input, example_lines
    from scripts.exporting.onnx_file import session
    from util.image import to_uint8

    runs, out = make_run(tmp_path, "plain"), tmp_path / "new" / "g.onnx"
    where = ["scripts/export_onnx.py", "--checkpoints_dir", runs, "--name"]
    assert_one_line_error(command(*where, "nobody", "--output", out), "nobody", "plain")
    assert_one_line_error(command(*where, "plain", "--output", tmp_path / "g.txt"), "--output", ".onnx")
    assert_one_line_error(command(*where, "plain", "--output", out, "--size", "100"), "--size 100")
    assert not out.exists()
    done = command(*where, "plain", "--output", out, "--fp16", "--uint8", "--dropout_for", "lion.png")
    assert done.returncode == 0, done.stderr
    assert "largest difference" in done.stdout and "trained_at: 128" in done.stdout
    assert [p.name for p in out.parent.iterdir()] == ["g.onnx"]  # there is no other file
    model = session(onnx.load(out))
    assert model.get_inputs()[0].type == "tensor(uint8)" and model.get_inputs()[0].shape[1:] == [128, 128, 3]
    lines, generate = example_lines(128, 3), load_generator(runs / "plain", device="cpu", amp="fp32").generate
    found = model.run(None, {"real_A": as_input(lines, True).numpy()})[0].astype(int)
    off = {name: np.abs(found - to_uint8(generate(lines, [name]))).max() for name in ("lion", "goat")}
    assert off["lion"] <= 2 < off["goat"]  # different masks give a different image


@pytest.mark.slow
@pytest.mark.parametrize("nz", [0, 8])
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("netG", ["unet_128", "unet_256", "resnet_6blocks", "resnet_9blocks"])
def test_every_kind_of_generator_can_be_exported(tmp_path, netG, norm, nz):
    from scripts.exporting.export import export_run

    size = 256 if netG == "unet_256" else 128
    found = export_run(make_run(tmp_path, "x", netG, ngf=32, norm=norm, nz=nz, size=size) / "x", "latest")
    assert found.distance() <= 1e-4
    assert found.generator.generate(found.lines, ["x.png"]).std() > 0.05  # the image is not uniformly gray
