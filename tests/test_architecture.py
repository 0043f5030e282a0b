"""Packages import each other in one direction: entry scripts -> training, options -> models, data -> util."""

import ast
import subprocess
import sys

import pytest
from conftest import ROOT

from options.test_options import TestOptions
from options.train_options import TrainOptions
from util.checkpoint import OLD_NAMES

MAY_IMPORT = {
    "util": set(),
    "models": {"util"},
    "data": {"util"},
    "options": {"models", "data", "util"},
    "training": {"models", "data", "util"},
    "scripts": {"options", "training", "models", "data", "util"},
    "menagerie": {"util"},  # a separate project: nothing imports it
}
COMMANDS = ["preprocess.py", "train.py", "test.py"]
MAX_FUNCTION_LINES, MAX_FILE_LINES = 60, 300


def nodes(file):
    return ast.walk(ast.parse(file.read_text("utf-8")))


def imported(file):
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_follow_the_layers(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        wrong = set(imported(file)) & {*MAY_IMPORT} - MAY_IMPORT[package] - {package}
        assert not wrong, f"{file.relative_to(ROOT)} imports {wrong}"


def test_nothing_imports_scripts_or_menagerie():
    assert not any({"scripts", "menagerie"} & set(imported(ROOT / name)) for name in COMMANDS)
    assert not [file for file in (ROOT / "tests").rglob("*.py") if "menagerie" in set(imported(file))]


def test_functions_and_files_are_within_the_length_limits():
    packages = [*MAY_IMPORT, "tests"]
    files = [*ROOT.glob("*.py"), *(f for package in packages for f in (ROOT / package).rglob("*.py"))]
    assert len(files) > 100
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for file in files:
        assert len(file.read_text("utf-8").splitlines()) <= MAX_FILE_LINES, file
        for node in (node for node in nodes(file) if isinstance(node, functions)):
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, f"{file}: {node.name}"


@pytest.mark.parametrize(
    ("command", "options"),
    [("preprocess.py", ["--help"]), ("train.py", ["--lr", "many"]), ("test.py", ["--n_samples", "many"])],
)
def test_help_and_option_errors_do_not_import_torch(command, options):
    code = f"import sys; sys.argv = {[command, *options]}; import runpy\n"
    code += f"try: runpy.run_path('{command}', run_name='__main__')\n"
    code += "except SystemExit as leaving: print(leaving.code, 'torch' in sys.modules)"
    how = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([sys.executable, "-c", code], **how)
    assert done.stdout.splitlines()[-1] == ("0 False" if "--help" in options else "2 False")
    assert options[0] in done.stderr + done.stdout


def test_old_pix2pix_option_names_are_accepted():
    train, test = TrainOptions()._complete_parser([]), TestOptions()._complete_parser([])
    options = {**test._option_string_actions, **train._option_string_actions}
    assert all(options[f"--{old}"] is options[f"--{new}"] for old, new in OLD_NAMES.items())
    assert train.parse_args(["--niter", "3", "--which_model_netG", "unet_128"]).n_epochs == 3
