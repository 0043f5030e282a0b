"""The build backend of pyproject.toml: says how to use the repository instead of building a package."""

raise SystemExit(
    "chimera-pix2pix is not a package: run it from its folder. 'bash scripts/setup.sh' prepares it "
    "(by hand: 'pip install --build-constraint scripts/build-constraints.txt -r requirements.txt')."
)
