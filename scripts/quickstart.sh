#!/usr/bin/env bash
# Install, train and generate a gallery of chimeras with one command.
#
#   bash scripts/quickstart.sh            the menagerie: rendered animals, and chimeras with targets
#   bash scripts/quickstart.sh PHOTOS     a folder of your photos; every tenth photo is held out for the gallery
#
# QUICK_SIZE sets the side of the images in pixels. For the menagerie, QUICK_NGF sets the filters, and
# QUICK_EPOCHS the epochs at the full learning rate, followed by as many epochs of decay. For photos,
# QUICK_MINUTES sets the approximate training time on two cores; it continues from the generator that comes
# with the repository.
set -euo pipefail
photos=${1:+$(cd "$1" 2>/dev/null && pwd || echo "$1")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -n "$photos" ] && [ ! -d "$photos" ]; then
    echo "quickstart.sh: $photos is not a folder: give a folder of photos, or no argument for the menagerie" >&2
    exit 2
fi
bash scripts/setup.sh
began=$SECONDS
python=.venv/bin/python
# Edge maps are varied because drawings vary, too.
recipe=(--preset best --edge_aug)

if [ -z "$photos" ]; then
    name=quickstart data=datasets/quickstart epochs=${QUICK_EPOCHS:-4} size=${QUICK_SIZE:-128} ngf=${QUICK_NGF:-32}
    edges=(--size "$size" --edges contour --input_kind photo)
    recipe+=(--ema 0.99 --netG unet_128 --ngf "$ngf" --ndf "$ngf" --load_size $((size * 286 / 256)))
    zoo=datasets/menagerie_$size
    $python -m menagerie --output $zoo --size "$size" --train 490 --illustrate --overwrite
    for phase in train val; do
        $python preprocess.py --input $zoo/photos/$phase --output $data/$phase "${edges[@]}"
    done
    # Every animal appears again with the edge map of its illustration, because drawings have sparser lines.
    $python preprocess.py --input $zoo/photos/train --edges_from $zoo/illustrations/train \
        --output $data/train/illustrated "${edges[@]}"
    # The edge maps come from the illustration, and the target is the render of the same creature.
    $python preprocess.py --input $zoo/chimeras/photos --edges_from $zoo/chimeras/illustrations \
        --output $data/test "${edges[@]}"
    # The same chimeras with edge maps of the render itself, as in training.
    $python preprocess.py --input $zoo/chimeras/photos --output $data/chimeras "${edges[@]}"
else
    name=quickstart_photos data=datasets/quickstart_photos size=${QUICK_SIZE:-256}
    # The ground of cut-outs and plain photos becomes white, so that no streaks are learned, and colors become
    # hints.
    $python preprocess.py --input "$photos" --output $data/all --size "$size" --edges detail --input_kind photo \
        --pad auto --ground white --hints color || [ $? = 1 ] # some images were unusable
    rm -rf $data/train $data/test
    mkdir -p $data/train $data/test
    cp $data/all/preprocess.json $data/train/ # test.py makes inputs in the same way
    count=0
    for pair in $data/all/*.png; do
        count=$((count + 1))
        [ $((count % 10)) = 0 ] && phase=test || phase=train
        cp "$pair" $data/$phase/
    done
    [ $count -ge 10 ] || cp $data/train/*.png $data/test/ # too few to hold any out: test on the training images
    trained=$(find $data/train -name '*.png' | wc -l)
    # Assumes that two cores make 50 updates of four images at 256 px per minute.
    epochs=$((${QUICK_MINUTES:-8} * 50 * 4 / trained / 2 + 1))
    echo "training on $trained photos for $((2 * epochs)) epochs: about ${QUICK_MINUTES:-8} minutes on two cores"
    recipe+=(--init_from checkpoints/animals --ndf 32 --lr 0.0006 --load_size "$size" --splice 0.3
        --lambda_L1 8 --lambda_color 10 --lambda_proj 0.75 --hint_dropout 0.25)
fi

$python train.py --dataroot $data --name $name --overwrite --crop_size "$size" \
    --n_epochs "$epochs" --n_epochs_decay "$epochs" --save_epoch_freq "$epochs" --val_freq "$epochs" \
    "${recipe[@]}"
for phase in val chimeras test; do
    if [ -d $data/$phase ]; then
        echo "== $phase"
        $python test.py --dataroot $data --name $name --phase $phase --batch_size 8
    fi
done
if [ -n "$photos" ]; then
    $python test.py --dataroot datasets/colored_drawings --name $name --model test --phase drawings
    echo "drawings of chimeras: $PWD/results/$name/drawings_latest/index.html"
fi
echo "done in $((SECONDS - began)) s after the installation"
echo "the gallery: $PWD/results/$name/test_latest/index.html"
