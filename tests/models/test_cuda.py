"""Tests that need a GPU and are skipped without one. `pytest -m cuda` (scripts/gpu_check.sh) runs them."""

import json
import signal
import subprocess
import sys
import time

import pytest
import tiny_models
import torch
from conftest import ROOT
from runs import epochs, flags
from tiny_models import build

pytestmark = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")]

GPU = ["--gpu_ids", "0", "--amp", "auto", "--ngf", "8", "--ndf", "8", "--no_dropout"]
PROJECTED = ["--lambda_proj", "1", "--ndf_proj", "8"]


def learn(model, updates):
    return [tiny_models.learn(model, 1, seed=i, n=2) for i in range(updates)]


@pytest.mark.parametrize("mode", ["lsgan", "wgangp", "msgan", "projected"])
def test_cuda_graph_update_matches_eager_update(tmp_path, mode):
    more = ["--amp", "fp32", "--ema", "0.9"]
    more += PROJECTED if mode == "projected" else ["--gan_mode", mode]
    more += {"wgangp": ["--n_critic", "2"], "msgan": ["--lambda_ms", "0"]}.get(mode, [])
    # 16 updates suffice to record and replay the generator's update, even with --n_critic 2.
    eager = learn(build(tmp_path, *GPU, *more, "--no_cuda_graph"), 16)
    graph = learn(build(tmp_path, *GPU, *more), 16)
    tolerance = 1e-2 if mode != "msgan" else 0.5  # msgan draws different noise
    for ours, theirs in zip(graph, eager, strict=True):
        assert ours == pytest.approx(theirs, rel=tolerance, abs=tolerance)


def test_cuda_graph_uses_the_new_learning_rate(tmp_path):
    model = build(tmp_path, *GPU)
    learn(model, 6)
    model.scale_learning_rates(0.0)
    before = [p.clone() for p in model.netG.parameters()]
    learn(model, 2)
    assert all(torch.equal(a, b) for a, b in zip(before, model.netG.parameters(), strict=True))
    model.scale_learning_rates(5.0)
    learn(model, 1)
    assert not all(torch.equal(a, b) for a, b in zip(before, model.netG.parameters(), strict=True))


@pytest.mark.parametrize("amp", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("more", [[], ["--gan_mode", "wgangp"], PROJECTED])
def test_losses_are_finite_in_every_precision(tmp_path, amp, more):
    model = build(tmp_path, *GPU, "--amp", amp, *more)
    losses = learn(model, 12)
    assert model.first_bad_update() is None
    assert all(torch.isfinite(torch.tensor(list(step.values()))).all() for step in losses)


def test_state_saved_on_gpu_loads_on_cpu(tmp_path):
    gpu = build(tmp_path, *GPU)
    learn(gpu, 6)
    cpu = build(tmp_path, *GPU, "--gpu_ids", "-1")
    torch.save(gpu.state_dict(), tmp_path / "state.pth")
    cpu.load_state_dict(torch.load(tmp_path / "state.pth", weights_only=True, map_location="cpu"))
    learn(cpu, 2)
    assert cpu.first_bad_update() is None


def logged(folder):
    lines = (folder / "loss_log.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines if line.endswith("}")]  # a kill may truncate the last line
    return {r["total_iters"]: r["losses"] for r in found if r["type"] == "losses"}


def test_resumed_gpu_run_matches_an_uninterrupted_run(pairs, tmp_path):
    def line(name, *more):
        length = ["--gpu_ids", "0", *epochs(30), "--print_freq", "1", "--save_latest_freq", "5"]
        of_run = flags(pairs, tmp_path, *length, *more, name=name)
        return [sys.executable, *map(str, (ROOT / "train.py", *of_run))]

    subprocess.run(line("whole"), check=True, timeout=300)
    process = subprocess.Popen(line("killed"))
    until = time.monotonic() + 120
    while not (tmp_path / "killed/latest_state.pth").exists() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = logged(tmp_path / "killed")
    subprocess.run(line("killed", "--continue_train"), check=True, timeout=300)
    whole, resumed = logged(tmp_path / "whole"), logged(tmp_path / "killed")
    assert max(resumed) == max(whole) > max(before)
    # On a GPU, the order of summation varies, and a GAN soon amplifies the differences.
    for images in sorted(set(resumed) - set(before))[:10]:
        assert resumed[images] == pytest.approx(whole[images], rel=0.1, abs=0.1)
