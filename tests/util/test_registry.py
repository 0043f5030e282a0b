from inspect import isabstract

import pytest

import data
import models
from util.errors import UserError
from util.registry import names_of


@pytest.mark.parametrize(("package", "suffix"), [(models, "_model"), (data, "_dataset")])
def test_every_name_that_is_offered_can_be_built(package, suffix):
    find = models.model_class if package is models else data.dataset_class
    names = names_of(package, suffix)
    assert names
    assert not [name for name in names if isabstract(find(name))]


def test_a_name_that_does_not_exist_is_told_those_that_do():
    with pytest.raises(UserError, match="'saved'.*colorization, pix2pix, test$"):
        models.model_class("saved")
