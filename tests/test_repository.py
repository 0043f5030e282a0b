"""Consistency of the files around the code: links, environments, workflows and packaging."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAMES = {"torch": "pytorch", "opencv-python-headless": "opencv"}
PAGES = ["*.md", "docs/*.md", "scripts/*.md", "menagerie/*.md", "checkpoints/*/README.md"]
PAGES += ["results/*/*/index.md"]


def anchors(page):
    """Return the anchors of a page's headings as code hosts derive them."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    for heading in re.findall(r"^#+ (.+)$", text, flags=re.M):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        yield plain.strip().replace(" ", "-")


@pytest.mark.parametrize("pattern", PAGES)
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


def requirements(name="requirements.txt"):
    """Return the requirements in a file: {package: limits}."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()]
    return dict(re.fullmatch(r"([\w.-]+)(.*)", line).groups() for line in lines if line)


def test_conda_environment_matches_requirements():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    packages = [e for e in listed if isinstance(e, str) and not re.match(r"(python|pip)\b", e)]
    expected = {CONDA_NAMES.get(name, name) + limits for name, limits in requirements().items()}
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
