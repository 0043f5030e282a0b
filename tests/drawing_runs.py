"""Make runs with random generators, and start the drawing page server."""

import base64
import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from conftest import ROOT, command
from PIL import Image


def make_run(root, name, netG="unet_128", *, ngf=4, norm="batch", nz=0, size=128, dropout=True, **settings):
    """Write a run with a random generator and edge settings; return the folder that contains all runs."""
    import torch

    from models.networks import define_G
    from util import checkpoint

    torch.manual_seed(0)
    where_add = "input" if netG.startswith("resnet") else "all"
    net = define_G(3, 3, ngf, netG, norm, dropout, init_gain=0.05, nz=nz, where_add=where_add)
    for layer in net.modules():  # as after training
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 2)
    folder = Path(root) / name
    folder.mkdir(parents=True)
    checkpoint.save(folder / "latest_net_G.pth", checkpoint.plain_state_dict(net))
    options = {
        "input_nc": 3, "output_nc": 3, "ngf": ngf, "netG": netG, "norm": norm, "nz": nz,
        "no_dropout": not dropout, "where_add": where_add, "upsample": "transpose",
        "direction": "BtoA", "crop_size": size, "load_size": size, "preprocess": "resize_and_crop",
        "edge_settings": {"edges": "contour", "resize": "area", "pad": "auto", **settings},
    }  # fmt: skip
    (folder / "train_opt.json").write_text(json.dumps(options))
    return Path(root)


@contextmanager
def serving(*arguments):
    """Run scripts/draw.py; yield its address and its process."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts/draw.py"), "--port", "0", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("draw on "):
                break
        assert process.poll() is None and said[-1].startswith("draw on "), "".join(said)
        yield said[-1].split()[2], process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def post(url, body, kind="application/octet-stream", timeout=60, **headers):
    """Send a POST request; return its status and JSON."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind, **headers})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, json.loads(text) if text.startswith("{") else {"text": text}


def png(values, **options):
    """Encode an array as PNG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", **options)
    return buffer.getvalue()


def drawing(side=128, **settings):
    """Return a request body that contains a drawing of a square."""
    made = np.zeros((side, side, 3), np.uint8)
    low, high = side // 5, 4 * side // 5
    made[low, low:high] = made[high, low:high] = made[low:high, low] = made[low:high, high] = 255
    url = "data:image/png;base64," + base64.b64encode(png(made)).decode()
    return json.dumps({"input": url, **settings}).encode()


def generated_by_test_py(lines, tmp_path, checkpoints, name, *arguments):
    """Return test.py's image, (H, W, 3) uint8, from an edge map called drawing.png."""
    folder = tmp_path / "drawings"
    folder.mkdir()
    Image.fromarray(lines).save(folder / "drawing.png")
    done = command(
        "test.py", "--dataroot", folder, "--name", name, "--model", "test", "--dataset_mode", "single",
        "--checkpoints_dir", checkpoints, "--results_dir", tmp_path / "results", "--num_threads", "0",
        *arguments,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = (tmp_path / "results").rglob("*_fake_B.png")
    return np.asarray(Image.open(found).convert("RGB"))
