#!/usr/bin/env bash
# Make the training data for checkpoints/animals/ (animals and collages of animals, with color hints), and continue
# training that generator. If a run was stopped, the same command resumes it.
#
#   bash scripts/train_animals.sh [EPOCHS]      number of epochs (default: 100, which take hours on a CPU)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
epochs=${1:-100}
photos=datasets/animals/photos collages=datasets/animals/collages pairs=datasets/animals_384
name=animals_$((epochs))

if [ -e "checkpoints/$name/latest_state.pth" ]; then
    exec $python train.py --name "$name" --continue_train
fi

# inputs OUTPUT FOLDER: make pairs for validation and testing.
inputs() {
    $python preprocess.py --input "$2" --output "$pairs/$1" --size 384 --edges detail --ground white --hints color
}

bash datasets/download_animals.sh
$python scripts/make_collages.py --split held_out --count 48 --output $collages/held_out
$python scripts/make_animal_pairs.py --size 384 --output $pairs/train
inputs val $photos/held_out
inputs collages $collages/held_out
# Crops of 256 px make training faster; the generator is used at 384 px.
$python train.py --preset best --name "$name" --dataroot $pairs --init_from checkpoints/animals --batch_size 2 \
    --lambda_L1 8 --lambda_color 15 --lambda_proj 0.75 --lr 0.0003 --lr_D 0.0002 --ema 0.998 --norm_D instance \
    --ndf 32 --edge_aug --splice 0.4 --hint_dropout 0.1 --load_size 384 --crop_size 256 --n_epochs "$epochs" \
    --n_epochs_decay 0 --save_epoch_freq 5
