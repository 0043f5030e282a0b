#!/usr/bin/env bash
# Train the runs that results/ shows and checkpoints/menagerie/ comes from: some hours on a CPU, a run at a time.
#
#   bash scripts/train_galleries.sh [PART ...]     data, small, large, parts, sharp, whole, fine, publish, lsgan,
#                                                  wgangp, msgan (default: all of them)
#
# A run that was stopped goes on where it was; scripts/make_galleries.sh makes the galleries afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
zoo=datasets/menagerie_256
network=(--netG unet_128 --ngf 32 --ndf 32 --batch_size 4 --ema 0.998)
keeping=(--save_epoch_freq 1 --val_freq 1 --print_freq 2000)
recipe=(--preset best)

# pairs EDGES OUTPUT SIZE PHOTOS [DRAWINGS]: photos with the edge maps of themselves, or of drawings of them.
pairs() {
    drawn=()
    [ $# -eq 4 ] || drawn=(--edges_from "$5")
    $python preprocess.py --input "$4" --output "datasets/$2" --size "$3" --edges "$1" \
        --input_kind photo "${drawn[@]}"
}

make_data() {
    $python -m menagerie --output $zoo --size 256 --train 3000 --val 35 --chimeras 96 --illustrate --overwrite
    for size in 128 256; do
        data=menagerie_pairs_$size
        pairs contour $data/train $size $zoo/photos/train
        pairs contour $data/train/illustrated $size $zoo/photos/train $zoo/illustrations/train
        pairs contour $data/val $size $zoo/photos/val
        pairs contour $data/test $size $zoo/chimeras/photos $zoo/chimeras/illustrations
    done
    # Eyes, feathers and scales in the edge maps, too.
    data=menagerie_parts_256
    pairs detail $data/train 256 $zoo/photos/train $zoo/illustrations/train
    pairs detail $data/train/photos 256 $zoo/photos/train
    pairs detail $data/val 256 $zoo/photos/val $zoo/illustrations/val
    pairs detail $data/test 256 $zoo/chimeras/photos $zoo/chimeras/illustrations
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

# last NAME INIT SPLICE [options]: from another run's weights, lines as they are, at the learning rate as it is.
last() {
    name=$1 init=$2 splice=$3
    shift 3
    train "$name" parts_256 256 "${recipe[@]}" --load_size 256 --splice "$splice" --n_epochs_decay 0 \
        --init_from "checkpoints/$init" "$@"
}

parts=(data small large parts sharp whole fine publish lsgan wgangp msgan)
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
        sharp) last menagerie_sharp menagerie_parts 0.4 --n_epochs 2 ;;
        # Fewer pairs are spliced in the end.
        whole) last menagerie_whole menagerie_sharp 0.15 --n_epochs 4 ;;
        # Convolutions at full resolution paint what is smaller than the U-Net's own pixels: eyes, scales.
        fine) last menagerie_fine menagerie_whole 0.15 --n_epochs 2 --refine 16 ;;
        publish) $python scripts/publish.py --name menagerie_fine --output checkpoints/menagerie \
            --inputs datasets/drawings --calibrate datasets/menagerie_parts_256 --norm_stats image ;;
        lsgan | wgangp | msgan) train "menagerie_$part" pairs_128 128 --gan_mode "$part" --edge_aug --n_epochs 2 \
            --n_epochs_decay 2 ;;
        *)
            echo "train_galleries.sh: $part is not a run: ${parts[*]}" >&2
            exit 2
            ;;
    esac
done
