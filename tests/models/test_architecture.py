"""The dataclass of a generator's architecture, which determines options, records and networks."""

from dataclasses import asdict, fields

import pytest
from tiny_models import build, options

from models.architecture import ARCHITECTURE, Architecture
from models.networks import build_generator, define_G
from options.base_options import check_architecture
from options.test_options import TestOptions
from util import checkpoint
from util.errors import UserError

FLAGS = ["--nz", "3", "--where_add", "input", "--upsample", "resize", "--refine", "4"]


def test_every_field_is_an_option_with_its_default(tmp_path):
    found = {a.dest: a for a in TestOptions()._complete_parser([])._actions}
    assert {f.name: f.default for f in fields(Architecture)} == {n: found[n].default for n in ARCHITECTURE}
    opt = options(tmp_path, "--refine", "4", "--norm", "instance", "--no_dropout")
    wanted = Architecture(netG="unet_128", ngf=2, refine=4, norm="instance", no_dropout=True)
    assert Architecture.of(vars(opt)) == wanted


def test_a_record_gives_the_network_back(tmp_path):
    (tmp_path / "run").mkdir()
    checkpoint.save_options(tmp_path / "run", options(tmp_path, *FLAGS), {})
    recorded = Architecture.of(checkpoint.load_options(tmp_path / "run"))
    weights = build(tmp_path, *FLAGS).netG.state_dict()
    build_generator(recorded).load_state_dict(weights)
    with pytest.raises(RuntimeError):
        build_generator(Architecture.of(asdict(recorded) | {"refine": 0})).load_state_dict(weights)
    by_name = define_G(3, 3, 2, "unet_128", nz=3, where_add="input", upsample="resize", refine=4)
    assert list(by_name.state_dict()) == list(weights)


def test_an_option_that_an_older_run_lacks_has_its_default(tmp_path):
    opt = options(tmp_path, "--refine", "4")
    with pytest.raises(UserError, match="--refine 4 contradicts .* trained with 0"):
        check_architecture(opt, {"netG": "unet_128"}, ["refine"], tmp_path)
    check_architecture(opt, {}, ["refine"], tmp_path)  # weights without recorded options
