"""The dataclass of a generator's architecture: options, records and networks follow from it."""

from dataclasses import asdict, fields

import pytest
from tiny_models import build, options

from models.architecture import ARCHITECTURE, Architecture
from models.networks import build_generator, define_G
from options.test_options import TestOptions
from util import checkpoint
from util.errors import UserError


def test_every_field_is_an_option_with_its_default(tmp_path):
    parser = TestOptions()._complete_parser([])
    found = {a.dest: a for a in parser._actions}
    assert {f.name: f.default for f in fields(Architecture)} == {n: found[n].default for n in ARCHITECTURE}
    assert all(found[name].help for name in ARCHITECTURE)
    opt = options(tmp_path, "--refine", "4", "--norm", "instance", "--no_dropout")
    assert Architecture.of(vars(opt)) == Architecture(
        netG="unet_128", ngf=2, refine=4, norm="instance", no_dropout=True
    )


def test_a_record_gives_the_network_back(tmp_path):
    model = build(tmp_path, "--nz", "3", "--where_add", "input", "--upsample", "resize", "--refine", "4")
    folder = tmp_path / "run"
    folder.mkdir()
    checkpoint.save_options(folder, options(tmp_path, "--nz", "3", "--where_add", "input", "--upsample",
                                            "resize", "--refine", "4"), {})  # fmt: skip
    recorded = Architecture.of(checkpoint.load_options(folder))
    build_generator(recorded).load_state_dict(model.netG.state_dict())
    with pytest.raises(RuntimeError):
        build_generator(Architecture.of(asdict(recorded) | {"refine": 0})).load_state_dict(
            model.netG.state_dict()
        )


def test_define_g_takes_further_fields_by_name():
    keys = define_G(3, 3, 2, "unet_128", nz=2, refine=4).state_dict().keys()
    assert keys == build_generator(Architecture(netG="unet_128", ngf=2, nz=2, refine=4)).state_dict().keys()


def test_an_option_that_an_older_run_lacks_has_its_default(tmp_path):
    from options.base_options import check_architecture

    opt = options(tmp_path, "--refine", "4")
    with pytest.raises(UserError, match="--refine 4 contradicts .* trained with 0"):
        check_architecture(opt, {"netG": "unet_128"}, ["refine"], tmp_path)
    check_architecture(opt, {}, ["refine"], tmp_path)  # weights without a record
