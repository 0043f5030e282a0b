import json

from tiny_models import options


def recorded_run(tmp_path, **values):
    """The folder of a run that recorded some options."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "latest_state.pth").touch()
    (folder / "train_opt.json").write_text(json.dumps({"netG": "unet_128", "ngf": 2, "ndf": 2, **values}))


def test_a_run_with_options_that_are_gone_resumes_and_says_so(tmp_path, capsys):
    recorded_run(tmp_path, lambda_feat=2.0, freeze_norm=0, lr=0.5)
    opt = options(tmp_path, "--continue_train")
    assert opt.lr == 0.5 and not hasattr(opt, "lambda_feat")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "the run was started with --lambda_feat 2.0, which no longer exists: it goes on without"
    assert "freeze_norm" not in " ".join(said)
