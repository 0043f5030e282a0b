#!/usr/bin/env bash
# Train the runs that results/ shows and checkpoints/menagerie/ comes from: some hours on a CPU, a run at a time.
#
#   bash scripts/train_galleries.sh [PART ...]     data, small, large, publish, lsgan, wgangp, msgan (default: all of them)
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
        --illustrate --overwrite
    for size in 128 256; do
        data=datasets/menagerie_pairs_$size edges=(--size $size --edges contour --input_kind photo)
        $python preprocess.py --input $zoo/photos/train --output $data/train "${edges[@]}"
        $python preprocess.py --input $zoo/photos/train --edges_from $zoo/illustrations/train \
            --output $data/train/illustrated "${edges[@]}"
        $python preprocess.py --input $zoo/photos/val --output $data/val "${edges[@]}"
        $python preprocess.py --input $zoo/chimeras/photos --edges_from $zoo/chimeras/illustrations \
            --output $data/test "${edges[@]}"
    done
}

# train NAME SIZE [options]: begin a run, or go on with it.
train() {
    name=$1 size=$2
    shift 2
    if [ -e "checkpoints/$name/latest_state.pth" ]; then
        $python train.py --name "$name" --continue_train
    else
        $python train.py --name "$name" --dataroot "datasets/menagerie_pairs_$size" --crop_size "$size" \
            --load_size $((size * 286 / 256)) "${network[@]}" "${keeping[@]}" "$@"
    fi
}

for part in ${*:-data small large publish lsgan wgangp msgan}; do
    case $part in
        data) make_data ;;
        # Small images are quick, and the network takes images of any size: it goes on at 256 px.
        small) train menagerie_small 128 "${recipe[@]}" --lr 0.0012 --n_epochs 4 --n_epochs_decay 0 ;;
        large) train menagerie_large 256 "${recipe[@]}" --lr 0.0012 --n_epochs 0 --n_epochs_decay 3 \
            --init_from checkpoints/menagerie_small ;;
        publish) $python scripts/publish.py --name menagerie_large --output checkpoints/menagerie \
            --inputs datasets/drawings --calibrate datasets/menagerie_pairs_256 ;;
        lsgan | wgangp | msgan) train "menagerie_$part" 128 --gan_mode "$part" --n_epochs 2 --n_epochs_decay 2 ;;
        *)
            echo "train_galleries.sh: $part is not a run: data, small, large, publish, lsgan, wgangp, msgan" >&2
            exit 2
            ;;
    esac
done
