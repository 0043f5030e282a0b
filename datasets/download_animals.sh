#!/usr/bin/env bash
# Photographs of real animals, cut out, from Debian packages. Usage: datasets/download_animals.sh [FILE.deb|FOLDER ...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -x "$root/.venv/bin/python" ] || bash "$root/scripts/setup.sh"
exec "$root/.venv/bin/python" "$root/scripts/download_animals.py" "$@"
