"""Networks: parity with the original project, and output shapes."""

import pytest
import torch
from torch import nn

from data.hints import SCALE
from models.choices import NORMS
from models.networks import define_D, define_G, set_inference
from models.networks.layers import synchronize_batch_norm


def parameters(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("name", ["unet_256_batch", "unet_256_batch_dropout_eval", "patchgan_basic_batch"])
def test_networks_reproduce_the_original(shared, name):
    reference = torch.load(shared / "parity" / f"{name}.pt", weights_only=True)
    build = define_G if reference["options"]["kind"] == "G" else define_D
    net = build(**reference["options"]["args"])
    assert list(net.state_dict()) == list(reference["state_dict"])
    for mode, wanted in ((False, reference["y_eval"]), (True, reference["y_train"])):
        if wanted is not None:
            net.load_state_dict(reference["state_dict"])
            net.train(mode)
            torch.testing.assert_close(net(reference["x"]), wanted, rtol=0, atol=1e-5)


def test_parameter_counts_and_state_dict_keys_match_pix2pix():
    assert parameters(define_G(3, 3, 64, "unet_256", use_dropout=True)) == 54_413_955
    assert parameters(define_D(6, 64, "basic")) == 2_768_705
    keys = list(define_G(3, 3, 2, "unet_128").state_dict())
    assert keys[0] == "model.model.0.weight" and "model.model.1.model.2.running_mean" in keys
    assert keys[-2:] == ["model.model.3.weight", "model.model.3.bias"]
    assert list(define_D(6, 2, "basic", norm="instance").state_dict()) == [
        f"model.{i}.{what}" for i in (0, 2, 5, 8, 11) for what in ("weight", "bias")
    ]
    assert "model.10.conv_block.5.weight" in define_G(3, 3, 2, "resnet_6blocks").state_dict()


def test_new_refinement_copies_hint_colors_to_the_output():
    hints = torch.full((2, 3, 128, 128), 14 / 127.5 - 1)  # red, green
    hints[0, 0], hints[1, 1] = ((14 + SCALE * 150) / 127.5 - 1,) * 2
    net = define_G(3, 3, 2, "unet_128", norm="instance", refine=8).eval()
    with torch.no_grad():
        red, green = net(hints).mean((2, 3))
    assert red.argmax() == 0 and green.argmax() == 1
    assert float(red[0] - red[1]) == pytest.approx(150 / 127.5, rel=0.3)


@pytest.mark.parametrize(("netG", "size"), [("unet_128", 128), ("resnet_6blocks", 16)])
@pytest.mark.parametrize("norm", NORMS)
def test_generators_keep_image_size_and_value_range(netG, size, norm):
    y = define_G(3, 1, 2, netG, norm=norm, use_dropout=True)(torch.randn(2, 3, size, size))
    assert y.shape == (2, 1, size, size) and y.abs().max() <= 1


@pytest.mark.parametrize(
    ("netD", "norm"), [("basic", "batch"), ("n_layers", "instance"), ("pixel", "none"), ("basic", "spectral")]
)
def test_discriminators_score_every_patch(netD, norm):
    scores = define_D(4, 2, netD, n_layers_D=2, norm=norm)(torch.randn(2, 4, 64, 64))
    side = {"pixel": 64, "n_layers": 14, "basic": 6}[netD]
    assert scores.shape == (2, 1, side, side)


def test_noise_enters_at_every_level_or_at_the_input():
    x, z = torch.randn(2, 3, 128, 128), torch.randn(2, 8)
    everywhere = define_G(3, 3, 2, "unet_128", nz=8)
    at_input = define_G(3, 3, 2, "unet_128", nz=8, where_add="input")
    # Noise adds 8 input channels to all seven down convolutions, or only to the first.
    plain = parameters(define_G(3, 3, 2, "unet_128"))
    down_widths = [2, 4, 8, 16, 16, 16, 16]
    assert parameters(everywhere) - plain == 8 * 16 * sum(down_widths)
    assert parameters(at_input) - plain == 8 * 16 * down_widths[0]
    for net in (everywhere, at_input):
        assert not torch.equal(net(x, z), net(x, -z))


@torch.no_grad()
def test_synchronized_batch_norm_does_not_change_the_state_dict():
    net = define_G(3, 3, 2, "unet_128")
    before, x = {k: v.clone() for k, v in net.state_dict().items()}, torch.randn(2, 3, 128, 128)
    set_inference(net, statistics="image", seeds=None)
    wanted = net(x)
    synchronize_batch_norm(net)
    set_inference(net, statistics="image", seeds=None)
    torch.testing.assert_close(net(x), wanted)
    after = net.state_dict()
    assert list(after) == list(before) and all(torch.equal(v, after[k]) for k, v in before.items())
    assert sum(isinstance(m, nn.SyncBatchNorm) for m in net.modules()) == 11
