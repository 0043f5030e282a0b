"""The dataclass for a generator's architecture, which determines options, records and networks."""

from dataclasses import fields

import pytest
from tiny_models import options

from models.architecture import ARCHITECTURE, Architecture
from options.base_options import check_architecture
from options.test_options import TestOptions
from util.errors import UserError


def test_every_architecture_field_is_an_option(tmp_path):
    found = {a.dest: a for a in TestOptions()._complete_parser([])._actions}
    assert {f.name: f.default for f in fields(Architecture)} == {n: found[n].default for n in ARCHITECTURE}
    opt = options(tmp_path, "--refine", "4", "--norm", "instance", "--no_dropout")
    wanted = Architecture(netG="unet_128", ngf=2, refine=4, norm="instance", no_dropout=True)
    assert Architecture.of(vars(opt)) == wanted


def test_options_missing_in_old_records_have_defaults(tmp_path):
    opt = options(tmp_path, "--refine", "4")
    with pytest.raises(UserError, match="--refine 4 contradicts .* trained with 0"):
        check_architecture(opt, {"netG": "unet_128"}, ["refine"], tmp_path)
    check_architecture(opt, {}, ["refine"], tmp_path)  # weights without recorded options
