#!/usr/bin/env bash
# Check on a machine with a CUDA GPU what no other machine can, in about 8 minutes and without internet:
# the CUDA tests, recorded updates against eager ones, precisions, resuming after a kill, speed, a 2-minute
# training. Prints one table last. Exit code: 0 if all rows passed or were skipped, 1 if one failed, 2 without
# a GPU ("--device cpu" runs the same rows, tiny, on the CPU). PYTHON chooses the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-python3}
[ -n "${PYTHON:-}" ] || [ ! -x .venv/bin/python ] || python=.venv/bin/python
exec "$python" -m scripts.gpu_checks "$@"
