#!/usr/bin/env bash
# Like pix2pix's script of the same name: generate images from single images. Usage: scripts/test_single.sh FOLDER NAME [options of test.py]
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: scripts/test_single.sh FOLDER NAME [options of test.py]" >&2; exit 2; }
folder=$1 name=$2; shift 2
exec "${PYTHON:-python}" "$(dirname "$0")/../test.py" --dataroot "$folder" --name "$name" --model test \
    --dataset_mode single "$@"
