#!/usr/bin/env bash
# Like pix2pix's script of the same name: generate images from pairs. Usage: scripts/test_pix2pix.sh DATAROOT NAME [options of test.py]
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: scripts/test_pix2pix.sh DATAROOT NAME [options of test.py]" >&2; exit 2; }
dataroot=$1 name=$2; shift 2
exec "${PYTHON:-python}" "$(dirname "$0")/../test.py" --dataroot "$dataroot" --name "$name" --model pix2pix \
    --dataset_mode aligned "$@"
