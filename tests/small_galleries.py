"""Small synthetic galleries and photos for testing scripts that read them."""

import json

import cv2
import numpy as np
from PIL import Image

from util.gallery.rows import Row
from util.gallery.writing import write_gallery


def patches(seed, side=64):
    """Return flat patches of color with sharp borders."""
    small = np.random.default_rng(seed).integers(20, 226, (4, 4, 3), np.uint8)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST)


def lines(side=64):
    drawing = np.zeros((side, side, 3), np.uint8)
    for place in (side // 4, side // 2, 3 * side // 4):
        drawing[place] = drawing[:, place] = 255
    return drawing


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def gallery(folder, offset=0, names=("a", "b", "c"), samples=1, target=True):
    """Write a gallery whose outputs are the target plus `offset` gray levels; samples are 10 levels apart."""
    rows = []
    for seed, name in enumerate(names):
        images = {"real_A": f"images/{name}_real_A.png"}
        save(folder / images["real_A"], lines())
        if target:
            images["real_B"] = f"images/{name}_real_B.png"
            save(folder / images["real_B"], patches(seed))
        for sample in range(samples):
            label = "fake_B" if samples == 1 else f"random_sample{sample + 1:02d}"
            images[label] = f"images/{name}_{label}.png"
            save(folder / images[label], patches(seed) + np.uint8(offset + 10 * sample))
        rows.append({"name": name, "images": images, "metrics": {}})
    (folder / "metrics.json").write_text(json.dumps({"title": "t", "settings": {}, "rows": rows, "mean": {}}))
    return folder


def flat_gallery(folder, outputs, label="fake_B", source=(9, 9, 9), target=(0, 0, 255)):
    """Write a gallery like test.py's, in which every image is one flat color; outputs: {name: color}."""
    rows = []
    for place, (name, color) in enumerate(outputs.items()):
        images = {"real_A": source, label: color} | ({"real_B": target} if target else {})
        for kind, fill in images.items():
            save(folder / f"images/{place} {kind}.png", np.full((16, 16, 3), fill, np.uint8))
        rows.append(Row(name, {kind: f"images/{place} {kind}.png" for kind in images}, {"L1": float(place)}))
    write_gallery(folder, folder.name, rows)
    return folder


def photos(folder, n=4, side=64):
    for seed in range(n):
        save(folder / f"photo{seed}.png", patches(seed, side))
    return folder
