"""Commands, options and files that the docs name exist."""

import re

import pytest
from conftest import ROOT, command

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "menagerie" / "README.md"]
# Options of pip, torchrun and python; history.md also names options that have been removed.
OTHERS = {"--bind", "--build-constraint", "--nproc_per_node", "--directory", "--host"}
HISTORY = {"CHANGELOG.md", "history.md"}
OPTION = re.compile(r"(?<![\w-])--[A-Za-z]\w*(?:-\w+)*")


@pytest.fixture(scope="module")
def offered():
    """Return the options in each command's --help: {command: options}."""
    helps = {
        "preprocess.py": [("preprocess.py",)],
        "train.py": [("train.py",), ("train.py", "--model", "colorization")],
        "test.py": [("test.py",), ("test.py", "--model", "test")],
    }
    found = {}
    for name, calls in helps.items():
        texts = [command(*call, "--help").stdout for call in calls]
        found[name] = {option for text in texts for option in OPTION.findall(text)}
        assert found[name]
    return found


def options_in_code(*folders):
    """Return every option that appears as a string in the code of these folders."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {m for file in files for m in re.findall(r'"(--[\w-]+)"', file.read_text("utf-8"))}


def commands_of(page):
    """Yield (script, arguments) of each train.py, test.py or preprocess.py command in a page's code."""
    for block in re.findall(r"```(?:\w*)\n(.*?)```", page.read_text("utf-8"), flags=re.S):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            found = re.match(
                r"(?:bash scripts/(train)_\w+\.sh|python (\w+)\.py|torchrun .*?(\w+)\.py) (.*)", line
            )
            if found:
                yield f"{found[1] or found[2] or found[3]}.py", found[4]


def test_commands_in_docs_use_existing_options(offered):
    count = 0
    for page in PAGES:
        for name, arguments in commands_of(page):
            unknown = set(OPTION.findall(arguments)) - offered[name]
            assert not unknown, f"{page.name}: {name} has no {unknown}"
            count += 1
    assert count > 10


def test_options_named_in_docs_exist(offered):
    known = set().union(*offered.values(), OTHERS, options_in_code("scripts", "menagerie", "tests"))
    for page in PAGES:
        if page.name not in HISTORY:
            unknown = set(OPTION.findall(page.read_text("utf-8"))) - known
            assert not unknown, f"{page.name} names {unknown}"


def test_files_named_in_docs_exist():
    for page in PAGES:
        if page.name not in HISTORY:
            named = re.findall(
                r"(?<![\w/.])((?:scripts|docs|models|data|util|training|options|tests)/[\w/.]+\.\w+)",
                page.read_text(),
            )
            missing = [name for name in named if not (ROOT / name).exists()]
            assert not missing, f"{page.name} names {missing}"
