"""ONNX files compared with test.py's images, and typical mistakes of users."""

import importlib.util

import numpy as np
import pytest
import torch
from conftest import ROOT, assert_one_line_error, command

from tests.drawing_runs import make_run

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
    pytest.skip(f"{', '.join(missing)} not installed", allow_module_level=True)


def export(runs, name, **options):
    from scripts.exporting.export import export_run

    return export_run(runs / name, "latest", **options)


def test_any_size_and_noise_as_test_py_generates(tmp_path):
    from scripts.exporting.export import example_lines
    from scripts.exporting.generator import draw
    from scripts.exporting.onnx_file import run_onnx

    found = export(make_run(tmp_path, "noisy", nz=3), "noisy")
    assert found.distance <= 1e-4
    told = {prop.key: prop.value for prop in found.onnx.metadata_props}
    assert told["image_sizes"] == "multiples of 128" and told["dropout"] == "off" and "3" in told["noise"]
    # A batch of two images of another size, each with its own noise, gives the same images as one by one.
    wide = example_lines(256, 3)[:, :, :128]
    lines = torch.cat([wide, wide.flip(3)])
    noise, wanted = [], []
    for sample, image in enumerate(lines.split(1)):
        noise.append(draw(found.generator, image, "x.png", sample).noise)
        wanted.append(found.generator.generate(image, ["x.png"], sample=sample))
    feeds = {"real_A": lines.numpy(), "z": torch.cat(noise).numpy()}
    assert np.abs(run_onnx(found.onnx, feeds) - torch.cat(wanted).numpy()).max() <= 1e-4
    assert not torch.equal(noise[0], noise[1])


def test_the_generator_in_the_repository_can_be_exported():
    assert export(ROOT / "checkpoints", "animals").distance <= 1e-4  # its norm is group norm


def test_uint8_with_test_py_s_dropout(tmp_path):
    from scripts.exporting.export import distance
    from scripts.exporting.onnx_file import session
    from scripts.exporting.weights import shrink

    runs = make_run(tmp_path, "dropped")
    found = export(runs, "dropped", dropout="lion.png", uint8=True)
    assert found.distance <= 1  # one level of 255
    assert distance(found, found.onnx, "goat.png", True) > 1  # different masks, different image
    inputs = session(found.onnx).get_inputs()[0]
    assert inputs.type == "tensor(uint8)" and inputs.shape[1:] == [128, 128, 3]
    costs = {bits: distance(found, shrink(found.onnx, bits), "lion.png", True) for bits in (16, 8, 4)}
    assert costs[16] <= 1 and costs[16] <= costs[8] <= costs[4] < 100
    sizes = [shrink(found.onnx, bits).ByteSize() for bits in (16, 8, 4)]
    assert sizes[0] > sizes[1] > sizes[2]


def test_weights_come_back_to_within_half_a_step():
    import onnx
    from onnx import helper, numpy_helper

    from scripts.exporting.onnx_file import run_onnx
    from scripts.exporting.weights import shrink

    rng = np.random.default_rng(0)
    weights = rng.normal(0, 1, (24, 13, 4, 5)).astype(np.float32)  # 6240: no whole number of blocks
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "sum",
        [value("x", 1, weights.shape)], [value("y", 1, weights.shape)],
        [numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    zero = {"x": np.zeros_like(weights)}
    step_8 = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) / 127
    blocks = np.abs(np.pad(weights.ravel(), (0, 6272 - 6240)).reshape(-1, 64)).max(1, keepdims=True) / 7
    step_4 = np.repeat(blocks, 64, axis=1).ravel()[:6240].reshape(weights.shape)
    for bits, step in ((16, np.abs(weights) * 2**-10), (8, step_8), (4, step_4 * 1.01)):
        small = shrink(model, bits)
        onnx.checker.check_model(small, full_check=True)
        assert (np.abs(run_onnx(small, zero) - weights) <= step / 2 + 1e-6).all(), bits


def test_the_command_and_its_mistakes(tmp_path):
    import onnx

    runs = make_run(tmp_path, "plain", dropout=False)
    where = ["scripts/export_onnx.py", "--checkpoints_dir", runs, "--name"]
    out = tmp_path / "new" / "g.onnx"
    assert_one_line_error(command(*where, "nobody", "--output", out), "nobody", "plain")
    assert_one_line_error(command(*where, "plain", "--output", tmp_path / "g.txt"), "--output", ".onnx")
    assert_one_line_error(command(*where, "plain", "--output", out, "--size", "100"), "--size 100")
    assert not out.exists()
    done = command(*where, "plain", "--output", out, "--fp16")
    assert done.returncode == 0, done.stderr
    assert "largest difference" in done.stdout and "trained_at: 128" in done.stdout
    onnx.checker.check_model(str(out))
    assert [p.name for p in out.parent.iterdir()] == ["g.onnx"]  # complete, and no other file


@pytest.mark.slow
@pytest.mark.parametrize("nz", [0, 8])
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("netG", ["unet_128", "unet_256", "resnet_6blocks", "resnet_9blocks"])
def test_every_generator(tmp_path, netG, norm, nz):
    size = 256 if netG == "unet_256" else 128
    found = export(make_run(tmp_path, "x", netG, ngf=32, norm=norm, nz=nz, size=size), "x")
    assert found.distance <= 1e-4
    assert found.generator.generate(found.lines, ["x.png"]).std() > 0.05  # an image, not a plain gray
