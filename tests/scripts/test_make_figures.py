"""The figures: true shapes in the schemes, and images where images belong."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from scripts.figures.networks import receptive_field_px, trace
from scripts.make_figures import Row, draw_table, main
from util.errors import UserError

RED, BLUE = (200, 30, 30), (30, 30, 200)


def save(path, colour, side=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path)


def gallery(folder, colour, names=("n1", "n2", "n3")):
    rows = []
    for count, name in enumerate(names, 1):
        drawing = np.zeros((32, 32, 3), np.uint8)
        drawing[: 2 * count : 2] = 255
        images = {"real_A": f"images/{name}_A.png", "fake_B": f"images/{name}_B.png"}
        save(folder / images["fake_B"], colour)
        Image.fromarray(drawing).save(folder / images["real_A"])
        rows.append({"name": name, "images": images, "metrics": {}})
    (folder / "metrics.json").write_text(json.dumps({"title": "t", "rows": rows}))
    return folder


def part_of(path, colour):
    """Which part of the figure has this colour."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return float((np.abs(pixels - colour).max(axis=2) < 12).mean())


def test_receptive_field_of_the_patchgan_is_70():
    steps = [(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)]
    net = nn.Sequential(*(nn.Conv2d(1, 1, kernel, stride, 1) for kernel, stride in steps))
    layers = trace(net, torch.zeros(1, 1, 256, 256))
    assert receptive_field_px(layers) == 70
    assert [layer.side_px for layer in layers] == [128, 64, 32, 31, 30]


@pytest.mark.parametrize("steps", [[(3, 1)], [(3, 1), (3, 1)], [(4, 2), (4, 2)], [(4, 2), (3, 1), (4, 2)]])
def test_receptive_field_is_where_the_gradient_goes(steps):
    convolutions = [nn.Conv2d(1, 1, kernel, stride) for kernel, stride in steps]
    for convolution in convolutions:
        nn.init.ones_(convolution.weight)
    net = nn.Sequential(*convolutions)
    x = torch.zeros(1, 1, 64, 64, requires_grad=True)
    layers = trace(net, x.detach())
    net(x)[0, 0, 2, 2].backward()
    assert int((x.grad[0, 0].abs().sum(0) > 0).sum()) == receptive_field_px(layers)


def test_trace_leaves_the_network_as_it_was():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 3, 4, 2, 1)
    ).train()
    layers = trace(net, torch.rand(2, 3, 8, 8))
    assert [(lay.is_up, lay.in_channels, lay.channels, lay.side_px) for lay in layers] == [
        (False, 3, 8, 4),
        (True, 8, 3, 8),
    ]
    assert net.training
    assert not net[0]._forward_hooks
    assert net[1].running_mean.abs().sum() == 0


def test_schemes_need_no_results(tmp_path, capsys):
    main(["--output", str(tmp_path)])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scheme1.png", "scheme2.png"]
    sizes = {p.name: Image.open(p).size for p in tmp_path.iterdir()}
    assert sizes == {"scheme1.png": (1500, 850), "scheme2.png": (1500, 400)}
    for path in tmp_path.iterdir():
        assert np.asarray(Image.open(path)).std() > 10
    assert "scheme1.png" in capsys.readouterr().out


def test_results_fill_the_other_figures(tmp_path):
    one, two = gallery(tmp_path / "one/test_1", RED), gallery(tmp_path / "two/test_1", BLUE)
    (two / "evaluation.json").write_text(json.dumps({"mean": {"SWD mean": 12.3, "edge F": 0.5}}))
    for index in range(5):
        save(tmp_path / f"photos/{index}.png", (30, 160, 30))
    out = tmp_path / "static"
    main(["--output", str(out), "--results", str(one), "--compare", str(one), str(two),
          "--photos", str(tmp_path / "photos")])  # fmt: skip
    assert {p.stem for p in out.iterdir()} == {"scheme1", "scheme2", "results", "summary", "fail", "overview"}
    assert part_of(out / "results.png", RED) > 0.3
    assert part_of(out / "results.png", BLUE) == 0
    assert part_of(out / "summary.png", RED) == pytest.approx(part_of(out / "summary.png", BLUE), rel=0.05)
    assert part_of(out / "summary.png", RED) > 0.1
    assert part_of(out / "fail.png", RED) > 0.1
    assert part_of(out / "overview.png", (30, 160, 30)) == pytest.approx(3 * 240**2 / (1300 * 860), rel=0.05)
    assert part_of(out / "overview.png", RED) == pytest.approx(300**2 / (1300 * 860), rel=0.05)


def test_a_table_keeps_its_columns_and_shows_gaps(tmp_path):
    red = np.full((8, 8, 3), RED, np.uint8)
    figure = draw_table([Row("a", (), [red, None]), Row("b", ("note",), [red, red])], ["x", "y"])
    figure.savefig(tmp_path / "table.png", dpi=100)
    pixels = np.asarray(Image.open(tmp_path / "table.png").convert("RGB")).astype(int)
    share = (np.abs(pixels - RED).max(axis=2) < 12).sum()
    assert share == pytest.approx(3 * 320**2, rel=0.03)
    with pytest.raises(ValueError, match="table of 2 columns"):
        draw_table([Row("a", (), [red])], ["x", "y"])


def test_mistakes_are_named(tmp_path):
    one = gallery(tmp_path / "one/test_1", RED)
    out = ["--output", str(tmp_path / "static")]
    with pytest.raises(UserError, match="has no input nobody: choose from n1, n2, n3"):
        main([*out, "--results", str(one), "--names", "nobody"])
    gallery(tmp_path / "one/test_2", RED)
    with pytest.raises(UserError, match="name one of them"):
        main([*out, "--results", str(tmp_path / "one")])
    save(tmp_path / "plain/1.png", RED)
    with pytest.raises(UserError, match=r"no input \(real_A\)"):
        main([*out, "--results", str(tmp_path / "plain")])
