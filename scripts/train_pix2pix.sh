#!/usr/bin/env bash
# Like pix2pix's script of the same name: train on pairs. Usage: scripts/train_pix2pix.sh DATAROOT NAME [options of train.py]
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: scripts/train_pix2pix.sh DATAROOT NAME [options of train.py]" >&2; exit 2; }
dataroot=$1 name=$2; shift 2
exec "${PYTHON:-python}" "$(dirname "$0")/../train.py" --dataroot "$dataroot" --name "$name" --model pix2pix \
    --netG unet_256 --direction BtoA --lambda_L1 100 --dataset_mode aligned --norm batch --pool_size 0 "$@"
