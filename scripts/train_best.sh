#!/usr/bin/env bash
# Train with the recipe that generated the best images for its time (docs/learned-eye.md).
# usage: scripts/train_best.sh [DATAROOT] [more options of train.py]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dataroot=${1:-datasets/animals}
[ $# -gt 0 ] && shift
exec .venv/bin/python train.py --dataroot "$dataroot" --name best --model pix2pix --direction BtoA \
    --batch_size 4 --lambda_proj 0.5 --lambda_L1 20 --lr 0.0012 --lr_D 0.0003 --ema 0.995 "$@"
