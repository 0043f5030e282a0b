#!/usr/bin/env bash
# Run all tests for the drawing page and the exports, including slow tests, and print speeds and differences. This needs
# chromium and npm. Run it on an idle machine, because it fails if the page is slower than documented.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh -r requirements-dev.txt -r requirements-export.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check playwright
exec .venv/bin/python -m pytest -rs -s -m 'slow or not slow' tests/scripts/drawing tests/scripts/exporting "$@"
