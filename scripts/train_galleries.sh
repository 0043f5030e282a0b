#!/usr/bin/env bash
# Train the runs that results/ shows and checkpoints/menagerie/ comes from: some hours on a CPU, a run at a time.
#
#   bash scripts/train_galleries.sh [PART ...]     data, small, large, spliced, lines, last, publish, lsgan, wgangp,
#                                                  msgan (default: all of them)
#
# A run that was stopped goes on where it was; scripts/make_galleries.sh makes the galleries afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
zoo=datasets/menagerie_256
network=(--model pix2pix --direction BtoA --netG unet_128 --ngf 32 --ndf 32 --batch_size 4 --edge_aug --ema 0.998)
keeping=(--save_epoch_freq 1 --val_freq 1 --print_freq 2000)
recipe=(--lambda_proj 0.5 --lambda_L1 20 --lr_D 0.0003)

make_data() {
    $python scripts/make_menagerie.py --output $zoo --size 256 --train 3000 --val 35 --chimeras 96 --ground white \
        --illustrate --line_art --overwrite
    for size in 128 256; do
        data=datasets/menagerie_pairs_$size edges=(--size $size --edges contour --input_kind photo)
        $python preprocess.py --input $zoo/photos/train --output $data/train "${edges[@]}"
        $python preprocess.py --input $zoo/photos/train --edges_from $zoo/illustrations/train \
            --output $data/train/illustrated "${edges[@]}"
        $python preprocess.py --input $zoo/photos/val --output $data/val "${edges[@]}"
        $python preprocess.py --input $zoo/chimeras/photos --edges_from $zoo/chimeras/illustrations \
            --output $data/test "${edges[@]}"
    done
    # Drawings in lines alone, as most people draw: eyes, feathers and scales are lines like all others.
    mkdir -p datasets/menagerie_lines_256
    cp -r datasets/menagerie_pairs_256/. datasets/menagerie_lines_256
    $python preprocess.py --input $zoo/photos/train --edges_from $zoo/line_art/train --input_kind lineart \
        --output datasets/menagerie_lines_256/train/line_art --size 256 --edges contour
}

# train NAME DATA SIZE [options]: begin a run, or go on with it.
train() {
    name=$1 data=$2 size=$3
    shift 3
    if [ -e "checkpoints/$name/latest_state.pth" ]; then
        $python train.py --name "$name" --continue_train
    else
        $python train.py --name "$name" --dataroot "datasets/menagerie_$data" --crop_size "$size" \
            --load_size $((size * 286 / 256)) "${network[@]}" "${keeping[@]}" "$@"
    fi
}

parts=(data small large spliced lines last publish lsgan wgangp msgan)
[ $# -gt 0 ] || set -- "${parts[@]}"
for part in "$@"; do
    case $part in
        data) make_data ;;
        # Small images are quick, and the network takes images of any size: it goes on at 256 px.
        small) train menagerie_small pairs_128 128 "${recipe[@]}" --lr 0.0012 --n_epochs 4 --n_epochs_decay 0 ;;
        large) train menagerie_large pairs_256 256 "${recipe[@]}" --lr 0.0012 --n_epochs 0 --n_epochs_decay 3 \
            --init_from checkpoints/menagerie_small ;;
        # Then with parts of two animals in half of the pairs, with drawings in lines, and more gently at the end.
        spliced) train menagerie_spliced pairs_256 256 "${recipe[@]}" --lr 0.0012 --n_epochs 0 --n_epochs_decay 1 \
            --splice 0.5 --init_from checkpoints/menagerie_large ;;
        lines) train menagerie_lines lines_256 256 "${recipe[@]}" --lr 0.0012 --n_epochs 0 --n_epochs_decay 3 \
            --splice 0.5 --init_from checkpoints/menagerie_spliced ;;
        last) train menagerie_last lines_256 256 "${recipe[@]}" --lr 0.0008 --n_epochs 0 --n_epochs_decay 1 \
            --splice 0.3 --init_from checkpoints/menagerie_lines ;;
        # The mean of both is nearer to the targets than either, and does as well on drawings in lines.
        publish) $python scripts/publish.py --name menagerie_last --average menagerie_spliced \
            --output checkpoints/menagerie --inputs datasets/drawings --calibrate datasets/menagerie_lines_256 ;;
        lsgan | wgangp | msgan) train "menagerie_$part" pairs_128 128 --gan_mode "$part" --n_epochs 2 \
            --n_epochs_decay 2 ;;
        *)
            echo "train_galleries.sh: $part is not a run: ${parts[*]}" >&2
            exit 2
            ;;
    esac
done
