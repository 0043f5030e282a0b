import pytest

from tests.tiny_models import options


@pytest.mark.parametrize(
    ("option", "text", "wanted"),
    [
        ("--lambda_L1", "-5", "at least 0"),
        ("--lambda_L1", "nan", "at least 0"),
        ("--lambda_ms", "inf", "at least 0"),
        ("--n_critic", "0", "at least 1"),
        ("--ndf_proj", "1", "at least 2"),
        ("--lr_D", "0", "above 0"),
    ],
)
@pytest.mark.parametrize("model", ["pix2pix", "colorization"])
def test_numbers_of_a_models_options_are_checked(tmp_path, capsys, model, option, text, wanted):
    if model == "colorization" and option != "--lambda_L1":
        return
    with pytest.raises(SystemExit) as leaving:
        options(tmp_path, "--model", model, "--direction", "AtoB", option, text)
    said = capsys.readouterr().err
    assert leaving.value.code == 2 and len(said.splitlines()) == 1
    assert option in said and repr(text) in said and wanted in said
