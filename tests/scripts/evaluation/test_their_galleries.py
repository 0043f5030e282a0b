"""evaluate.py on folders written by other pix2pix programs, and on parts of its own galleries."""

import json

import numpy as np
import pytest
from small_galleries import gallery, lines, patches, save

from scripts.evaluate import main
from scripts.galleries import find_runs
from util.errors import UserError


def theirs(folder, labels=("real_A", "fake_B", "real_B"), separator="_", offset=10):
    for seed in range(3):
        source, output, target = (f"{seed + 1}{separator}{label}.png" for label in labels)
        save(folder / source, lines())
        save(folder / output, patches(seed) + np.uint8(offset))
        save(folder / target, patches(seed))
    return folder


@pytest.mark.parametrize("where", ["test_latest/images", ""])
@pytest.mark.parametrize(
    ("labels", "separator"),
    [(("real_A", "fake_B", "real_B"), "_"), (("inputs", "outputs", "targets"), "-")],
)
def test_the_familys_galleries_are_read_by_their_labels(tmp_path, capsys, where, labels, separator):
    theirs(tmp_path / "name/test_latest/images", labels, separator)
    main(["--results", str(tmp_path / "name" / where), "--output", str(tmp_path / "all.json")])
    (run,) = json.loads((tmp_path / "all.json").read_text())["runs"]
    assert len(run["rows"]) == 3
    assert run["mean"]["L1"] == pytest.approx(10 / 255, abs=1e-5)


def test_cyclegans_other_images_are_no_targets(tmp_path):
    for name in ("1_real_A", "1_fake_B", "1_rec_A", "1_real_B", "1_fake_A", "1_rec_B"):
        save(tmp_path / f"{name}.png", patches(0))
    (run,) = find_runs(tmp_path)
    assert list(run.outputs) == ["1"] and not run.targets


def test_the_images_of_our_own_gallery_stand_for_the_gallery(tmp_path):
    folder = gallery(tmp_path / "run/test_1", offset=10)
    assert find_runs(folder / "images") == find_runs(folder)


def test_labelled_and_other_images_do_not_mix(tmp_path):
    theirs(tmp_path)
    save(tmp_path / "photo.png", patches(0))
    with pytest.raises(UserError, match="others, such as photo"):
        find_runs(tmp_path)


def test_outputs_alone_are_refused_instead_of_an_empty_table(tmp_path):
    save(tmp_path / "a.png", patches(0))
    with pytest.raises(UserError, match="nothing can be measured: .*--reference.*--inputs, --targets"):
        main(["--results", str(tmp_path)])
