#!/usr/bin/env bash
# Make the data that checkpoints/animals/ learned from, and train on it: real animals and collages of them, with
# color hints. A run that was stopped goes on where it was.
#
#   bash scripts/train_animals.sh [EPOCHS]      default: 100; hours on a CPU
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
epochs=${1:-100}
photos=datasets/animals/photos collages=datasets/animals/collages pairs=datasets/animals_256
name=animals_$((epochs))

if [ -e "checkpoints/$name/latest_state.pth" ]; then
    exec $python train.py --name "$name" --continue_train
fi

# inputs EDGES OUTPUT FOLDER: pairs photo | lines over color hints.
inputs() {
    $python preprocess.py --input "$3" --output "$pairs/$2" --edges "$1" --ground white --hints color
}

bash datasets/download_animals.sh
$python scripts/make_collages.py --split train --count 400 --output $collages/train
$python scripts/make_collages.py --split held_out --count 48 --output $collages/held_out
# Lines as dense as those of a detailed drawing, and as sparse as those of a simple one.
inputs detail train $photos/train
inputs contour train/contour $photos/train
inputs detail train/collages $collages/train
inputs detail val $photos/held_out
inputs detail test $collages/held_out
$python train.py --preset best --name "$name" --dataroot $pairs --init_from checkpoints/animals --batch_size 2 \
    --lambda_L1 30 --lr 0.0008 --ema 0.998 --norm_D instance --ndf 32 --edge_aug --splice 0.4 --hint_dropout 0.5 \
    --load_size 256 --crop_size 256 --n_epochs "$epochs" --n_epochs_decay 0 --save_epoch_freq 5
