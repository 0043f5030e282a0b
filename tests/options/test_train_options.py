import json

import numpy as np
import pytest
from tiny import drawing
from tiny_models import options

from options.train_options import TrainOptions
from util.image import write_image


def test_run_with_removed_options_resumes_with_a_message(tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "latest_state.pth").touch()
    record = {"netG": "unet_128", "ngf": 2, "ndf": 2, "lambda_feat": 2.0, "freeze_norm": 0, "lr": 0.5}
    (tmp_path / "run" / "train_opt.json").write_text(json.dumps(record))
    opt = options(tmp_path, "--continue_train")
    assert opt.lr == 0.5 and not hasattr(opt, "lambda_feat")
    said, *others = capsys.readouterr().out.splitlines()
    assert said.startswith("the run was started with --lambda_feat 2.0, which no longer exists")
    assert "freeze_norm" not in " ".join(others)


@pytest.mark.parametrize(
    ("more", "direction", "says"),
    [([], "BtoA", False), (["--direction", "BtoA"], "BtoA", False), (["--direction", "AtoB"], "AtoB", True)],
)
def test_pairs_from_preprocess_determine_the_direction(tmp_path, capsys, more, direction, says):
    (tmp_path / "train").mkdir()
    write_image(tmp_path / "train" / "a.png", np.tile(drawing(np.random.default_rng(0)), (1, 2, 1)))
    flags = ["--dataroot", str(tmp_path), *more, "--gpu_ids", "-1"]
    assert TrainOptions().parse(flags).direction == (more[1] if more else "AtoB")
    assert "photos are the input" not in capsys.readouterr().out
    record = {"settings": {"edges": "contour"}, "files": []}
    (tmp_path / "train" / "preprocess.json").write_text(json.dumps(record))
    assert TrainOptions().parse(flags).direction == direction
    assert ("photos are the input" in capsys.readouterr().out) == says
