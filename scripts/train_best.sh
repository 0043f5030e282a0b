#!/usr/bin/env bash
# The recipe that generated the best images for its time (docs/pretrained-features.md).
# Usage: scripts/train_best.sh DATAROOT [options]
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: scripts/train_best.sh DATAROOT [options of train.py]" >&2; exit 2; }
dataroot=$1; shift
exec "${PYTHON:-python}" "$(dirname "$0")/../train.py" --dataroot "$dataroot" --name best --model pix2pix \
    --direction BtoA --batch_size 4 --lambda_proj 0.5 --lambda_L1 20 --lr 0.0012 --lr_D 0.0003 --ema 0.995 "$@"
