#!/usr/bin/env bash
# The original's third experiment: MSGAN, 256 px, 400 epochs. Usage: scripts/train_msgan.sh DATAROOT [options]
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: scripts/train_msgan.sh DATAROOT [options of train.py]" >&2; exit 2; }
dataroot=$1; shift
exec "${PYTHON:-python}" "$(dirname "$0")/../train.py" --dataroot "$dataroot" --name MSGAN --model pix2pix \
    --direction BtoA --gan_mode msgan --n_epochs 200 --n_epochs_decay 200 "$@"
