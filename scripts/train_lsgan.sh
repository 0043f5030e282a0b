#!/usr/bin/env bash
# The original's best experiment: LSGAN, 256 px, 800 epochs. Usage: scripts/train_lsgan.sh DATAROOT [options]
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: scripts/train_lsgan.sh DATAROOT [options of train.py]" >&2; exit 2; }
dataroot=$1; shift
exec "${PYTHON:-python}" "$(dirname "$0")/../train.py" --dataroot "$dataroot" --name LSGAN_256_All --model pix2pix \
    --direction BtoA --gan_mode lsgan --n_epochs 400 --n_epochs_decay 400 "$@"
