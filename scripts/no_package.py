"""The build backend in pyproject.toml, which explains how to use the repository without installing it."""

raise SystemExit(
    "chimera-pix2pix is not a package: run the commands in its folder after 'bash scripts/setup.sh' (or "
    "'pip install --build-constraint scripts/build-constraints.txt -r requirements.txt')."
)
