import pytest
from tiny_models import options

from models import create_model
from options.presets import PRESETS
from options.train_options import TrainOptions
from util import checkpoint
from util.errors import UserError


def parse(tmp_path, *more):
    parser = TrainOptions()
    opt = parser.parse(["--dataroot", "x", "--checkpoints_dir", str(tmp_path), "--gpu_ids", "-1", *more])
    return opt, parser


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_sets_defaults(tmp_path, preset):
    opt, parser = parse(tmp_path, "--preset", preset)
    values = PRESETS[preset]
    assert {name: getattr(opt, name) for name in values} == values and opt.preset == preset
    # The preset has the same effect as setting its options individually.
    one_by_one = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    given, _ = parse(tmp_path, *one_by_one)
    assert vars(opt) == vars(given) | {"preset": preset, "explicit": opt.explicit}
    assert parse(tmp_path, "--preset", preset, "--batch_size", "7")[0].batch_size == 7
    # The recorded defaults are those without a preset.
    assert (parser.defaults["lr"], parser.defaults["gan_mode"]) == (0.0002, "lsgan")


def test_preset_unsuitable_for_the_model_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="does not support --lambda_proj 0.5: add --lambda_proj 0.0"):
        create_model(parse(tmp_path, "--preset", "best", "--model", "colorization")[0])
    monkeypatch.setitem(PRESETS, "odd", {"nothing": 1})
    with pytest.raises(UserError, match="--preset odd sets --nothing, which --model pix2pix does not have"):
        parse(tmp_path, "--preset", "odd")


def test_resumed_run_keeps_its_preset(tmp_path):
    opt, parser = parse(tmp_path, "--preset", "best", "--name", "run")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "latest_state.pth").touch()
    checkpoint.save_options(tmp_path / "run", opt, parser.defaults)
    resumed, _ = parse(tmp_path, "--continue_train", "--name", "run")
    assert resumed.preset == "best" and resumed.lambda_proj == 0.5
    with pytest.raises(UserError, match="--preset msgan with --continue_train"):
        options(tmp_path, "--continue_train", "--preset", "msgan")
