#!/usr/bin/env bash
# Every check of the page to draw on and of the exports, the slow ones too; prints speeds and differences.
# Needs chromium and npm. Run it on a quiet machine: it fails where the page is slower than promised.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh -r requirements-dev.txt -r requirements-export.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check playwright
exec .venv/bin/python -m pytest -rs -s -m 'slow or not slow' tests/scripts/drawing tests/scripts/exporting "$@"
