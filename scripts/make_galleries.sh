#!/usr/bin/env bash
# Make the galleries of results/ and the figures of static/ anew from the checkpoints that train_galleries.sh and
# quickstart.sh left, and measure them: the tables of docs/numbers.md are what this prints.
#
#   bash scripts/make_galleries.sh [RUN ...]       animals, lsgan, wgangp, msgan, quickstart, figures (default: all)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
zoo=datasets/menagerie_256
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# gallery NAME DATA EPOCH [options]: chimeras from the edge maps of their illustrations. Numbers are those of the images
# themselves; the gallery shows them as JPEG.
gallery() {
    name=$1 data=$2 epoch=$3
    shift 3
    flags=(--dataroot "datasets/menagerie_$data" --name "$name" --phase test
        --epoch "$epoch" "$@")
    $python test.py "${flags[@]}" --results_dir "$scratch"
    $python scripts/evaluate.py --results "$scratch/$name/test_$epoch" --reference $zoo/chimeras/photos --resize
    $python test.py "${flags[@]}" --format jpg
    cp "$scratch/$name/test_$epoch/evaluation.json" "results/$name/test_$epoch/" # the numbers beside it
}

figures() {
    $python -m menagerie --output "$scratch/zoo" --train 84 --val 0 --chimeras 8
    $python - "$scratch/zoo" <<'PYTHON'
import sys

import numpy as np
from PIL import Image

animals = Image.open(f"{sys.argv[1]}/contact_sheet.png")
animals.resize((1152, 672)).save("static/menagerie.jpg", quality=85)
# Eight pairs below each other become two rows of four.
pairs = np.asarray(Image.open(f"{sys.argv[1]}/chimeras/contact_sheet.png")).reshape(2, 4, 128, 256, 3)
Image.fromarray(pairs.swapaxes(1, 2).reshape(256, 1024, 3)).save("static/menagerie_chimeras.jpg", quality=85)
PYTHON
    $python scripts/make_figures.py --compare results/menagerie_lsgan/test_latest results/menagerie_wgangp/test_latest \
        results/menagerie_msgan/test_latest
    $python scripts/make_figures.py --results results/animals/test_latest
}

for part in ${*:-animals lsgan wgangp msgan quickstart figures}; do
    case $part in
        # Collages of animals that the generator has not seen; scripts/train_animals.sh makes them.
        animals)
            $python test.py --dataroot datasets/animals_256 --name animals --results_dir "$scratch"
            $python scripts/evaluate.py --results "$scratch/animals/test_latest" --resize \
                --reference datasets/animals/collages/held_out
            $python test.py --dataroot datasets/animals_256 --name animals --format jpg
            cp "$scratch/animals/test_latest/evaluation.json" results/animals/test_latest/ # the numbers beside it
            ;;
        # Half of the training, and all of it.
        lsgan) gallery menagerie_lsgan pairs_128 2 && gallery menagerie_lsgan pairs_128 latest ;;
        wgangp) gallery menagerie_wgangp pairs_128 latest ;;
        msgan) gallery menagerie_msgan pairs_128 latest --n_samples 5 ;;
        # Measured by quickstart.sh already.
        quickstart) $python test.py --dataroot datasets/quickstart --name quickstart \
 --phase test --batch_size 8 --format jpg ;;
        figures) figures ;;
        *)
            echo "make_galleries.sh: $part is not a gallery: animals, lsgan, wgangp, msgan, quickstart, figures" >&2
            exit 2
            ;;
    esac
done
