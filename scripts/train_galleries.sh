#!/usr/bin/env bash
# Train the runs that results/ shows and checkpoints/menagerie/ comes from: some hours on a CPU, a run at a time.
#
#   bash scripts/train_galleries.sh [PART ...]     data, small, large, parts, sharp, sea, publish, lsgan, wgangp,
#                                                  msgan (default: all of them)
#
# A run that was stopped goes on where it was; scripts/make_galleries.sh makes the galleries afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
zoo=datasets/menagerie_256 fish=datasets/menagerie_fish_256
network=(--model pix2pix --direction BtoA --netG unet_128 --ngf 32 --ndf 32 --batch_size 4 --ema 0.998)
keeping=(--save_epoch_freq 1 --val_freq 1 --print_freq 2000)
recipe=(--lambda_proj 0.5 --lambda_L1 20 --lr 0.0012 --lr_D 0.0003)

# pairs OUTPUT SIZE PHOTOS [DRAWINGS KIND]: photos with the edge maps of themselves, or of drawings of them.
pairs() {
    drawn=()
    [ $# -eq 3 ] || drawn=(--edges_from "$4")
    $python preprocess.py --input "$3" --output "datasets/$1" --size "$2" --edges contour \
        --input_kind "${5:-photo}" "${drawn[@]}"
}

# odd FOLDER: a folder of every other of its images, to draw in lines.
odd() {
    mkdir -p "$1_odd"
    cp "$1"/*[13579].png "$1_odd/"
}

make_data() {
    $python scripts/make_menagerie.py --output $zoo --size 256 --train 3000 --val 35 --chimeras 96 --ground white \
        --illustrate --line_art --overwrite
    $python scripts/make_menagerie.py --output $fish --size 256 --train 1400 --val 0 --chimeras 0 --ground white \
        --illustrate --line_art --species fish --seed 2 --overwrite
    for size in 128 256; do
        data=menagerie_pairs_$size
        pairs $data/train $size $zoo/photos/train
        pairs $data/train/illustrated $size $zoo/photos/train $zoo/illustrations/train
        pairs $data/val $size $zoo/photos/val
        pairs $data/test $size $zoo/chimeras/photos $zoo/chimeras/illustrations
    done
    # Drawings, half of them also in lines alone, as most people draw.
    odd $zoo/photos/train
    data=menagerie_parts_256
    pairs $data/train 256 $zoo/photos/train $zoo/illustrations/train
    pairs $data/train/line_art 256 $zoo/photos/train_odd $zoo/line_art/train lineart
    pairs $data/val 256 $zoo/photos/val
    # The same and more fish, for other animals to be given parts of.
    odd $fish/photos/train
    mkdir -p datasets/menagerie_sea_256
    cp -r datasets/$data/. datasets/menagerie_sea_256
    data=menagerie_sea_256
    pairs $data/train/fish 256 $fish/photos/train $fish/illustrations/train
    pairs $data/train/fish_line_art 256 $fish/photos/train_odd $fish/line_art/train lineart
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

parts=(data small large parts sharp sea publish lsgan wgangp msgan)
[ $# -gt 0 ] || set -- "${parts[@]}"
for part in "$@"; do
    case $part in
        data) make_data ;;
        # Small images are quick, and the network takes images of any size: it goes on at 256 px.
        small) train menagerie_small pairs_128 128 "${recipe[@]}" --edge_aug --n_epochs 4 --n_epochs_decay 0 ;;
        large) train menagerie_large pairs_256 256 "${recipe[@]}" --edge_aug --n_epochs 0 --n_epochs_decay 3 \
            --init_from checkpoints/menagerie_small ;;
        # Then with parts of two animals in most of the pairs, and with drawings.
        parts) train menagerie_parts parts_256 256 "${recipe[@]}" --edge_aug --splice 0.8 --n_epochs 4 \
            --n_epochs_decay 0 --init_from checkpoints/menagerie_large ;;
        # At last with lines as they are, in the size of testing: outlines become sharp.
        sharp) train menagerie_sharp parts_256 256 "${recipe[@]}" --load_size 256 --splice 0.8 --n_epochs 0 \
            --n_epochs_decay 1 --init_from checkpoints/menagerie_parts ;;
        sea) train menagerie_sea sea_256 256 "${recipe[@]}" --load_size 256 --splice 0.8 --n_epochs 1 \
            --n_epochs_decay 0 --init_from checkpoints/menagerie_sharp ;;
        # The mean of both is nearer to the targets than either.
        publish) $python scripts/publish.py --name menagerie_sea --average menagerie_sharp \
            --output checkpoints/menagerie --inputs datasets/drawings --calibrate datasets/menagerie_parts_256 ;;
        lsgan | wgangp | msgan) train "menagerie_$part" pairs_128 128 --gan_mode "$part" --edge_aug --n_epochs 2 \
            --n_epochs_decay 2 ;;
        *)
            echo "train_galleries.sh: $part is not a run: ${parts[*]}" >&2
            exit 2
            ;;
    esac
done
