#!/usr/bin/env bash
# The original's second experiment, with the gradient penalty that it left out: 256 px, 400 epochs of
# generator updates, five critic updates for each. Usage: scripts/train_wgangp.sh DATAROOT [options]
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: scripts/train_wgangp.sh DATAROOT [options of train.py]" >&2; exit 2; }
dataroot=$1; shift
exec "${PYTHON:-python}" "$(dirname "$0")/../train.py" --dataroot "$dataroot" --name WGAN_256 --model pix2pix \
    --direction BtoA --gan_mode wgangp --n_epochs 1000 --n_epochs_decay 1000 "$@"
