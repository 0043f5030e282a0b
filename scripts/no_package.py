"""The build backend of pyproject.toml: explains how to use the repository instead of building a package."""

raise SystemExit(
    "chimera-pix2pix is not a package: run it from its folder. 'bash scripts/setup.sh' sets it up "
    "(manually: 'pip install --build-constraint scripts/build-constraints.txt -r requirements.txt')."
)
