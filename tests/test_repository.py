"""Consistency of the files around the code: docs, environments, workflows and packaging."""

import re

import pytest
import yaml
from conftest import ROOT, command

CONDA_NAMES = {"torch": "pytorch", "opencv-python-headless": "opencv"}
DOCS = ["*.md", "docs/*.md", "menagerie/*.md"]
PAGES = [page for pattern in DOCS for page in ROOT.glob(pattern)]
# These pages also name options and files that have been removed.
CURRENT_PAGES = [page for page in PAGES if page.name not in ("CHANGELOG.md", "history.md")]
# pip, torchrun and python options.
OTHERS = {"--bind", "--build-constraint", "--nproc_per_node", "--directory", "--host"}
OPTION = re.compile(r"(?<![\w-])--[A-Za-z]\w*(?:-\w+)*")


def anchors(page):
    """Return a page's heading anchors as code hosts derive them."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    for heading in re.findall(r"^#+ (.+)$", text, flags=re.M):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        yield plain.strip().replace(" ", "-")


@pytest.mark.parametrize(
    "pattern", [*DOCS, "scripts/*.md", "checkpoints/*/README.md", "results/*/*/index.md"]
)
def test_links_in_docs_resolve(pattern):
    pages = sorted(ROOT.glob(pattern))
    assert pages
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
        links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
        for link in (link for link in links if not re.match(r"[a-z]+:", link)):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            assert target.exists(), f"{page.name} links to {link}"
            if anchor:
                assert anchor in set(anchors(target)), f"{page.name} links to {link}: no such heading"


def test_conda_environment_matches_requirements():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    packages = [e for e in listed if isinstance(e, str) and not re.match(r"(python|pip)\b", e)]
    lines = [
        line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    ]
    required = [re.fullmatch(r"([\w.-]+)(.*)", line).groups() for line in lines if line]
    expected = {CONDA_NAMES.get(name, name) + limits for name, limits in required}
    assert {*packages, *by_pip} == expected


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))


def test_continuous_integration_uses_the_oldest_supported_python():
    versions = workflow("ci.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]
    oldest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))[1]
    assert versions[0] == oldest
    assert len(set(versions)) == 4 and all(isinstance(v, str) for v in versions)  # 3.10 is not 3.1


@pytest.mark.parametrize("name", ["ci.yml", "pages.yml"])
def test_workflows_refer_to_existing_files_and_runs(name):
    steps = [step for job in workflow(name)["jobs"].values() for step in job["steps"]]
    commands = "\n".join(step["run"] for step in steps if "run" in step)
    files = re.findall(r"(?:scripts/|requirements)[\w./-]*", commands)
    assert files and all((ROOT / file).is_file() for file in files)
    for run in re.findall(r"--name (\S+)", commands):
        assert (ROOT / "checkpoints" / run / "latest_net_G.pth").is_file()


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
    files = [file for folder in ("scripts", "menagerie", "tests") for file in (ROOT / folder).rglob("*.py")]
    in_code = (re.findall(r'"(--[\w-]+)"', file.read_text("utf-8")) for file in files)
    known = set().union(*offered.values(), OTHERS, *in_code)
    for page in CURRENT_PAGES:
        unknown = set(OPTION.findall(page.read_text("utf-8"))) - known
        assert not unknown, f"{page.name} names {unknown}"


def test_files_named_in_docs_exist():
    folders = "scripts|docs|models|data|util|training|options|tests"
    for page in CURRENT_PAGES:
        named = re.findall(rf"(?<![\w/.])((?:{folders})/[\w/.]+\.\w+)", page.read_text("utf-8"))
        missing = [name for name in named if not (ROOT / name).exists()]
        assert not missing, f"{page.name} names {missing}"
