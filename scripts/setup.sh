#!/usr/bin/env bash
# Create .venv with all packages that the commands need. Arguments are passed to pip, such as -r requirements-dev.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    echo "setup.sh: this needs Python 3.10 or newer: set PYTHON=/path/to/python3" >&2
    exit 2
fi
# Replace an environment that does not work, for instance after an interruption or after moving the folder.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    "$python" -m venv .venv || {
        echo "setup.sh: 'python -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 2
    }
fi
pip=(.venv/bin/python -m pip --disable-pip-version-check)
wanted=$(cat requirements*.txt scripts/build-constraints.txt; echo "$@")
if [ "$(cat .venv/installed.txt 2>/dev/null)" != "$wanted" ]; then
    echo "installing packages into .venv: a few gigabytes, which takes a minute or more"
    "${pip[@]}" install --quiet --upgrade 'pip>=25.3'
    # A single call lets pip choose matching versions of torch and torchvision.
    "${pip[@]}" install --quiet --build-constraint scripts/build-constraints.txt -r requirements.txt "$@"
    printf '%s' "$wanted" > .venv/installed.txt
fi
