#!/usr/bin/env bash
# Generate the galleries in results/ and the figures in static/, and print the metrics for docs/numbers.md. Before,
# make the data and the runs with train_animals.sh and train_galleries.sh.
#
#   bash scripts/make_galleries.sh [PART ...]    drawings, animals, color, lines, lsgan, wgangp, msgan, figures
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# gallery NAME DATA PHASE: a gallery of collages of held-out animals. The gallery contains JPEG images, but the metrics
# are measured before JPEG compression.
gallery() {
    name=$1 phase=$3
    flags=(--name "$1" --dataroot "$2" --phase "$phase")
    $python test.py "${flags[@]}" --results_dir "$scratch"
    $python scripts/evaluate.py --results "$scratch/$name/${phase}_latest" --reference datasets/animals/collages/held_out
    $python test.py "${flags[@]}" --format jpg
    cp "$scratch/$name/${phase}_latest/evaluation.json" "results/$name/${phase}_latest/"
}

for part in ${*:-drawings animals color lines lsgan wgangp msgan figures}; do
    case $part in
        drawings)
            $python test.py --name animals --model test --dataroot datasets/colored_drawings --phase drawings --format jpg
            $python test.py --name animals --model test --dataroot datasets/drawings --phase lines --format jpg
            ;;
        animals) gallery animals datasets/animals_384 collages ;; # keep test_latest for the user's drawings
        color) gallery animals_color datasets/animals_128_color test ;;
        lines | lsgan | wgangp) gallery animals_$part datasets/animals_128_none test ;;
        msgan) gallery animals_msgan datasets/animals_128_none test ;;
        figures)
            $python scripts/make_figures.py --results results/animals/drawings_latest \
                --fail results/animals/drawings_latest --photos datasets/animals/photos/train \
                --names capricorn chimera griffin hippogriff pegasus unicorn
            $python scripts/make_figures.py --compare results/animals_lsgan/test_latest \
                results/animals_wgangp/test_latest results/animals_msgan/test_latest results/animals_lines/test_latest \
                results/animals_color/test_latest
            ;;
        *)
            echo "make_galleries.sh: $part is not a part: drawings, animals, color, lines, lsgan, wgangp, msgan," \
                "figures" >&2
            exit 2
            ;;
    esac
done
