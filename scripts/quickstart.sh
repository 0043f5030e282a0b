#!/usr/bin/env bash
# Install everything, train a generator and generate a gallery with one command.
#
#   bash scripts/quickstart.sh            train on the menagerie (rendered animals); the gallery shows chimeras
#   bash scripts/quickstart.sh PHOTOS     train on a folder of your photos; the gallery shows every tenth photo
#
# QUICK_SIZE sets the side of the images in pixels. For photos, training continues from the generator that comes
# with the repository, and QUICK_MINUTES sets the approximate training time on two CPU cores (8 by default).
# For the menagerie, QUICK_NGF sets the width of the networks, and QUICK_EPOCHS sets the number of epochs at the
# full learning rate, which are followed by equally many epochs of decay.
set -euo pipefail
photos=${1:+$(cd "$1" 2>/dev/null && pwd || echo "$1")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=datasets/quickstart_photos # the script deletes earlier pairs here
if [ -n "$photos" ] && { [ ! -d "$photos" ] || [[ $photos/ = "$PWD/$data/"* ]]; }; then
    echo "quickstart.sh: $photos is not a folder of photos: give one, or no argument for rendered animals" >&2
    exit 2
fi
bash scripts/setup.sh
began=$SECONDS
python=.venv/bin/python
# --edge_aug varies the edge maps, because drawings vary, too.
recipe=(--preset best --edge_aug)

if [ -z "$photos" ]; then
    phases="val chimeras illustrations" name=quickstart data=datasets/quickstart
    epochs=${QUICK_EPOCHS:-4} size=${QUICK_SIZE:-128} ngf=${QUICK_NGF:-32}
    edges=(--size "$size" --edges contour --input_kind photo)
    recipe+=(--val_freq "$epochs" --ema 0.99 --netG unet_128 --ngf "$ngf" --ndf "$ngf" --load_size $((size * 286 / 256)))
    zoo=datasets/menagerie_$size
    $python -m menagerie --output $zoo --size "$size" --train 490 --illustrate --overwrite
    for phase in train val; do
        $python preprocess.py --input $zoo/photos/$phase --output $data/$phase "${edges[@]}"
    done
    # Each animal is used again with the edge map of its illustration, because drawings have fewer lines.
    $python preprocess.py --input $zoo/photos/train --edges_from $zoo/illustrations/train \
        --output $data/train/illustrated "${edges[@]}"
    # The input is the edge map of an illustration, and the target is the render of the same chimera.
    $python preprocess.py --input $zoo/chimeras/photos --edges_from $zoo/chimeras/illustrations \
        --output $data/illustrations "${edges[@]}"
    # The same chimeras again, with edge maps of the renders.
    $python preprocess.py --input $zoo/chimeras/photos --output $data/chimeras "${edges[@]}"
else
    phases=held_out name=quickstart_photos size=${QUICK_SIZE:-256} minutes=${QUICK_MINUTES:-8}
    rm -rf $data/all $data/train $data/held_out
    $python preprocess.py --input "$photos" --output $data/all --size "$size" --edges detail --input_kind photo \
        --pad auto --ground white --hints color || [ $? = 1 ] # some images were unusable
    mkdir -p $data/train $data/held_out
    cp $data/all/preprocess.json $data/train/ # so that test.py makes inputs in the same way
    count=0
    for pair in $data/all/*.png; do
        count=$((count + 1))
        [ $((count % 10)) = 0 ] && phase=held_out || phase=train
        cp "$pair" $data/$phase/
    done
    [ $count -ge 10 ] || cp $data/train/*.png $data/held_out/ # too few to hold any out: use the training images
    trained=$(find $data/train -name '*.png' | wc -l)
    # Two cores do about 50 updates per minute at 256 px, with four images each.
    epochs=$((minutes * 50 * 4 / trained / 2 + 1))
    echo "training for $((2 * epochs)) epochs on $trained photos: about $minutes min on two CPU cores (QUICK_MINUTES)"
    echo "progress: $PWD/checkpoints/$name/web/index.html"
    recipe+=(--init_from checkpoints/animals --ndf 32 --lr 0.0006 --load_size "$size" --splice 0.3
        --lambda_L1 8 --lambda_color 10 --lambda_proj 0.75 --hint_dropout 0.25)
fi

$python train.py --dataroot $data --name $name --overwrite --crop_size "$size" \
    --n_epochs "$epochs" --n_epochs_decay "$epochs" --save_epoch_freq "$epochs" "${recipe[@]}"
for phase in $phases; do
    echo "== $phase"
    $python test.py --dataroot $data --name $name --phase $phase --batch_size 8
done
if [ -n "$photos" ]; then
    $python test.py --dataroot datasets/colored_drawings --name $name --model test --phase drawings
    echo "images from drawings: $PWD/results/$name/drawings_latest/index.html"
fi
echo "images from held-out inputs: $PWD/results/$name/${phase}_latest/index.html"
echo "images from your own drawings: $python test.py --name $name --model test --dataroot FOLDER"
echo "done in $((SECONDS - began)) s, not including the installation"
