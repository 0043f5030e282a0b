#!/usr/bin/env bash
# Train the runs that results/ compares, each for the same time on the same animals and collages at 128 px: three
# objectives, and the recipe with and without color hints. make_galleries.sh then generates their galleries.
#
#   bash scripts/train_galleries.sh [MINUTES]      minutes for each run (default: 15)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
minutes=${1:-15}
case $minutes in
    *[!0-9]*)
        echo "train_galleries.sh: $minutes is not a number of minutes" >&2
        exit 2
        ;;
esac
photos=datasets/animals/photos collages=datasets/animals/collages

bash datasets/download_animals.sh
$python scripts/make_collages.py --split train --count 400 --output $collages/train
$python scripts/make_collages.py --split held_out --count 48 --output $collages/held_out
for hints in none color; do
    data=datasets/animals_128_$hints
    for part in train=$photos/train train/collages=$collages/train val=$photos/held_out test=$collages/held_out; do
        $python preprocess.py --input "${part#*=}" --output "$data/${part%=*}" --size 128 --edges detail \
            --ground white --hints $hints
    done
done

# run NAME HINTS OPTION ...: train until timeout sends Ctrl-C, which saves the run.
run() {
    name=$1 hints=$2
    shift 2
    timeout --signal=INT "${minutes}m" $python train.py --name "animals_$name" --dataroot "datasets/animals_128_$hints" \
        --netG unet_128 --ngf 32 --ndf 32 --load_size 128 --crop_size 128 --n_epochs 3000 --n_epochs_decay 0 \
        --save_epoch_freq 10000 "$@" || test $? -eq 124
}
recipe=(--preset best --norm group --norm_D instance --edge_aug --splice 0.4 --refine 16)
run color color "${recipe[@]}"
run lines none "${recipe[@]}"
run lsgan none --preset pix2pix
run wgangp none --preset wgangp
run msgan none --preset msgan
