"""The arrows between packages: entry scripts -> training, options -> models, data -> util; none back."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "util": set(),
    "models": {"util"},
    "data": {"util"},
    "options": {"models", "data", "util"},
    "training": {"models", "data", "util"},
    "scripts": {"options", "training", "models", "data", "util"},
    "menagerie": {"util"},  # a project of its own: nothing imports it
}
OURS = {*MAY_IMPORT}


def imported(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        wrong = set(imported(file)) & OURS - MAY_IMPORT[package] - {package}
        assert not wrong, f"{file.relative_to(ROOT)} imports {wrong}"


@pytest.mark.parametrize("command", ["preprocess.py", "train.py", "test.py"])
def test_commands_need_neither_scripts_nor_the_menagerie(command):
    assert not {"scripts", "menagerie"} & set(imported(ROOT / command))


def test_no_test_needs_the_menagerie():
    assert not [file for file in (ROOT / "tests").rglob("*.py") if "menagerie" in set(imported(file))]


@pytest.mark.parametrize("package", ["models", "data"])
def test_opt_stops_at_the_constructors_of_models_and_datasets(package):
    for file in (ROOT / package).rglob("*.py"):
        # Besides constructors: the factories, and the one place that turns options into loaders.
        of_opt = file.name.endswith(("_model.py", "_dataset.py", "_options.py"))
        if of_opt or file.name in ("__init__.py", "training_data.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and "opt" in [a.arg for a in node.args.args]:
                raise AssertionError(f"{file}: {node.name} takes opt")


MAX_FUNCTION_LINES, MAX_FILE_LINES = 60, 300


def test_functions_and_files_are_short():
    packages = ["data", "menagerie", "models", "options", "scripts", "tests", "training", "util"]
    files = [*ROOT.glob("*.py"), *(f for package in packages for f in (ROOT / package).rglob("*.py"))]
    assert len(files) > 100
    long = set()
    for file in files:
        text, name = file.read_text("utf-8"), file.relative_to(ROOT).as_posix()
        if len(text.splitlines()) > MAX_FILE_LINES:
            long.add(name)
        for node in ast.walk(ast.parse(text)):
            is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            if is_function and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES:
                long.add(name)
    assert not long, f"longer than {MAX_FILE_LINES} lines, or with functions over {MAX_FUNCTION_LINES}"


def test_losses_and_networks_need_no_options():
    for file in [*(ROOT / "models/networks").glob("*.py"), *(ROOT / "models/losses").glob("*.py")]:
        assert "opt." not in file.read_text("utf-8").replace("torch.optim", ""), file


@pytest.mark.parametrize("command", ["preprocess.py", "train.py", "test.py"])
def test_help_shows_every_option_with_its_help(command):
    done = subprocess.run(
        [sys.executable, str(ROOT / command), "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    wanted = {"preprocess.py": "--edges", "train.py": "--lambda_L1", "test.py": "--n_samples"}[command]
    assert wanted in done.stdout


def test_preprocess_starts_without_torch():
    code = "import sys; sys.argv = ['preprocess.py', '--help']; import runpy\n"
    code += "try: runpy.run_path('preprocess.py', run_name='__main__')\n"
    code += "except SystemExit: print('torch' in sys.modules, 'cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize(("command", "option"), [("train.py", "--lr"), ("test.py", "--n_samples")])
def test_a_wrong_value_is_reported_before_torch_is_imported(command, option):
    code = f"import sys; sys.argv = ['{command}', '{option}', 'many']; import runpy\n"
    code += f"try: runpy.run_path('{command}', run_name='__main__')\n"
    code += "except SystemExit as leaving: print(leaving.code, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "2 False" and option in done.stderr


@pytest.mark.parametrize("file", ["train.py", "test.py"])
def test_commands_never_change_their_options(file):
    stores = [
        node
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    ]
    assert not [node for node in stores if ast.unparse(node.value) in ("opt", "self.opt")]


def test_choices_are_those_that_the_code_knows():

    from models.choices import GAN_MODES
    from models.losses.adversarial import _MODES

    assert tuple(_MODES) == GAN_MODES


@pytest.mark.parametrize(
    "module", ["data.preprocess.folder", "menagerie.writer", "options.train_options", "options.test_options"]
)
def test_preprocessing_the_renderer_and_options_need_no_torch(module):
    code = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def test_the_familys_older_names_of_options_are_accepted():
    from options.test_options import TestOptions
    from options.train_options import TrainOptions
    from util.checkpoint import OLD_NAMES

    train, test = TrainOptions()._complete_parser([]), TestOptions()._complete_parser([])
    for old, new in OLD_NAMES.items():
        options = {**test._option_string_actions, **train._option_string_actions}
        assert options[f"--{old}"] is options[f"--{new}"]
    assert train.parse_args(["--niter", "3", "--which_model_netG", "unet_128"]).n_epochs == 3


def test_train_py_without_a_page_needs_no_dominate():
    code = "import sys; sys.modules['dominate'] = sys.modules['torchvision'] = None; import train"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
