"""pix2pix family options, lost training states, options without effect, and advice in messages."""

import json
import shutil

import pytest
import torch
from conftest import TINY
from drawing_runs import make_run
from runs import generate, train, train_refused, where

from models import create_model
from models.networks import define_D
from options.base_options import resolve_device
from options.preprocess_options import PreprocessOptions
from options.test_options import TestOptions
from options.train_options import TrainOptions
from util.checkpoint import describe_epochs
from util.errors import UserError

# Arguments from pix2pix's own test script and its older READMEs.
SMOKE_TRAIN = """
    --model pix2pix --direction BtoA --netG unet_256 --lambda_L1 100 --dataset_mode aligned --norm batch
    --pool_size 0 --n_epochs 1 --n_epochs_decay 5 --save_latest_freq 10 --display_id -1 --gpu_ids -1
"""
OLD_TRAIN = """
    --model pix2pix --which_model_netG unet_256 --which_direction BtoA --lambda_L1 100 --dataset_mode aligned
    --norm batch --pool_size 0 --niter 1 --niter_decay 0 --loadSize 286 --fineSize 256 --batchSize 1
    --nThreads 2 --which_model_netD basic --resize_or_crop resize_and_crop --display_id 0 --gpu_ids -1
    --display_single_pane_ncols 4
"""
SMOKE_TEST = """
    --model pix2pix --direction BtoA --netG unet_128 --dataset_mode aligned --norm batch --gpu_ids -1 --ndf 64
    --netD basic --n_layers_D 3 --init_type normal --init_gain 0.02 --which_epoch latest --how_many 1
    --ntest inf --display_winsize 256
"""


@pytest.fixture
def run(tmp_path):
    """Return the folder of a run that contains only a random generator."""
    return make_run(tmp_path, "run", ngf=2) / "run"


def parse(options, pairs, tmp_path, *more):
    return options().parse([*where(pairs, tmp_path, "run"), "--gpu_ids", "-1", *more])


def test_pix2pix_command_lines_work(pairs, tmp_path):
    for line in (SMOKE_TRAIN, OLD_TRAIN):
        opt = parse(TrainOptions, pairs, tmp_path, *line.split())
        assert (opt.netG, opt.direction, opt.n_epochs, opt.crop_size) == ("unet_256", "BtoA", 1, 256)
    tiny = "--ngf 2 --netG unet_128 --load_size 136 --crop_size 128 --n_epochs_decay 0 --max_dataset_size 1"
    train(pairs, tmp_path, *SMOKE_TRAIN.split(), *tiny.split())
    opt = parse(TestOptions, pairs, tmp_path, *SMOKE_TEST.split())
    assert opt.epoch == "latest" and opt.num_test == 0
    single = ["--model", "test", "--dataset_mode", "single", "--direction", "BtoA", "--netG", "unet_128"]
    for name, line in (("pairs", SMOKE_TEST.split()), ("single", single)):
        images = generate(pairs, tmp_path, tmp_path / name, *line, "--num_test", "50")
        assert len(list(images.glob("*_fake_B.png"))) == 3


@pytest.mark.parametrize(("words", "instead"), [
    ("--no_lsgan", "--gan_mode vanilla"), ("--use_dropout", "--no_dropout"), ("--lambda_A 10", "--lambda_L1"),
    ("--load_iter 5", "--epoch iter_N"), ("--gpu_ids 0,1", "torchrun --nproc_per_node=2"),
    ("--continue_train --epoch 3", "--init_from"), ("--pool_size 50", "only 0"),
])  # fmt: skip
def test_messages_about_old_options_name_a_replacement(pairs, tmp_path, run, words, instead):
    name = run.name if "--continue_train" in words else "new"
    train_refused(pairs, tmp_path, *words.split(), words=[words.split()[0], instead], name=name)


def test_run_without_state_continues_after_its_last_checkpoint(trained, tmp_path, capsys):
    run = shutil.copytree(trained[1] / "tiny", tmp_path / "run")
    resume = ["--continue_train", "--save_epoch_freq", "1"]
    parse(TrainOptions, trained[0], tmp_path, "--continue_train", "--epoch_count", "1")
    assert_idle(capsys.readouterr().out, "--epoch_count 1", "a run without latest_state.pth")
    (run / "latest_state.pth").unlink()
    more = [*resume, "--epoch_count", "1", "--n_epochs", "3"]
    words = ["--epoch_count 1", "up to epoch 1: leave out --epoch_count"]
    train_refused(trained[0], tmp_path, *more, words=words)
    for name in "GD":
        shutil.copy(run / f"1_net_{name}.pth", run / f"3_net_{name}.pth")
    before = {p.name: p.read_bytes() for p in run.glob("[0-9]*.pth")}
    train_refused(
        trained[0], tmp_path, *resume, "--n_epochs", "3", words=["finished its 3 epochs", "--n_epochs"]
    )
    done = train(trained[0], tmp_path, *resume, "--n_epochs", "4")
    assert "in epoch 4 (--epoch_count N selects another epoch)" in done.stdout
    assert all((run / name).read_bytes() == content for name, content in before.items())
    assert (run / "4_net_G.pth").exists()


def test_resuming_without_state_needs_a_discriminator(pairs, tmp_path, run):
    options = json.loads((run / "train_opt.json").read_text())
    (run / "train_opt.json").write_text(json.dumps(options | {"ndf": 2, "n_epochs": 1, "n_epochs_decay": 0}))
    resume = ["--continue_train", "--max_dataset_size", "1"]
    words = ["latest_net_D.pth", f"--init_from {run} --name OTHER"]
    train_refused(pairs, tmp_path, *resume, words=words)
    torch.save(define_D(6, 2, "basic").state_dict(), run / "latest_net_D.pth")
    assert "in epoch 1 (" in train(pairs, tmp_path, *resume).stdout


def test_message_about_suffixed_generators_suggests_model_suffix(run):
    (run / "latest_net_G.pth").rename(run / "latest_net_G_A.pth")
    assert "add --model_suffix _A" in describe_epochs(run, "--epoch")
    assert "available epochs: latest" in describe_epochs(run, "--epoch", suffix="_A")
    (run / "latest_net_G_A.pth").rename(run / "latest_net_G.pth")
    assert "leave out --model_suffix" in describe_epochs(run, "--epoch", suffix="_B")


def assert_idle(line, given, needs):
    assert line.startswith(given.split()[0]) and "has no effect here: it needs" in line and needs in line


@pytest.mark.parametrize(("options", "given", "needs"), [
    (TrainOptions, "--lr_decay_iters 5", "--lr_policy step"), (TrainOptions, "--n_layers_D 4", "n_layers"),
    (TrainOptions, "--lambda_gp 5.0", "wgangp"), (TrainOptions, "--where_add input", "--nz"),
    (TrainOptions, "--display_port 99", "--display_id"), (TrainOptions, "--epoch 3", "--init_from"),
    (TrainOptions, "--crop_size 99 --preprocess none", "--preprocess"),
    (TrainOptions, "--n_fixed 2 --no_html", "page"), (TrainOptions, "--val_freq 2", "--val_fraction"),
    (TrainOptions, "--hint_dropout 0.1", "--hints color"), (TrainOptions, "--no_cuda_graph", "GPU"),
    (TestOptions, "--epoch 3 --load_iter 5", "--load_iter"),
    (TestOptions, "--batch_size 4 --tile 9 --preprocess crop", "--tile"),
    (TestOptions, "--same_noise --eval", "dropout or noise"),
    (TestOptions, "--hints none --model test", "color hints"),
    (TestOptions, "--norm_stats running --eval", "without --eval"),
])  # fmt: skip
def test_options_without_effect_are_reported(pairs, tmp_path, run, capsys, options, given, needs):
    parse(options, pairs, tmp_path, *given.split())
    (line,) = capsys.readouterr().out.splitlines()
    assert_idle(line, given, needs)


def test_preprocess_options_without_effect_are_reported(capsys):
    PreprocessOptions().parse(["-i", "a", "-o", "b", "--sigma", "0.2", "--edges", "contour"])
    assert_idle(capsys.readouterr().out, "--sigma 0.2", "--edges auto_canny")


def test_advice_about_image_sizes_works(pairs, tmp_path):
    def sizes(crop, load, *more):
        sized = ["--crop_size", str(crop), "--load_size", str(load)]
        return create_model(parse(TrainOptions, pairs, tmp_path, *TINY, *sized, *more))

    with pytest.raises(UserError, match="--crop_size 256 exceeds --load_size 136: raise --load"):
        sizes(256, 136)
    with pytest.raises(UserError, match="multiple of 128 .*the resnets .*4"):
        sizes(250, 250)
    sizes(252, 252, "--netG", "resnet_6blocks")


@pytest.mark.parametrize("how", ["--eval", "no_dropout"])
def test_n_samples_without_randomness_is_refused(pairs, tmp_path, how):
    make_run(tmp_path, "run", ngf=2, dropout=how != "no_dropout")
    more = [how] if how.startswith("--") else []
    with pytest.raises(UserError, match="--n_samples 3: .* all samples would be the same"):
        parse(TestOptions, pairs, tmp_path, *more, "--n_samples", "3")


def test_apple_gpu_is_used_if_available(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("0") == "mps" and resolve_device("-1") == "cpu"
