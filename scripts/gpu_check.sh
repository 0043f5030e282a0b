#!/usr/bin/env bash
# Run the tests that need a CUDA GPU, a training benchmark, and a short training run on rendered animals, which must
# lower G_L1. This needs no internet connection.
#
#   bash scripts/gpu_check.sh [SECONDS]     training time in seconds (default: 120)
#
# The script stops at the first failure. PYTHON sets the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
if ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    echo "gpu_check.sh: there is no CUDA GPU here; bash scripts/check.sh runs the other tests" >&2
    exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m pytest -p no:cacheprovider -m cuda
"$python" scripts/benchmark.py train --batch_sizes 1,16 --budget_s 25
"$python" -m menagerie --output "$folder/zoo" --train 210 --val 0 --chimeras 0 --size 128
"$python" preprocess.py --input "$folder/zoo/photos/train" --output "$folder/pairs/train" --size 128
timeout --signal INT --preserve-status "${1:-120}" "$python" train.py --dataroot "$folder/pairs" --name check \
    --checkpoints_dir "$folder" --direction BtoA --netG unet_128 --ngf 32 --ndf 32 --load_size 143 --crop_size 128 \
    --batch_size 16 --n_epochs 100000 --print_freq 64 --no_html || [ $? = 130 ]
"$python" - "$folder/check/loss_log.jsonl" <<'PYTHON'
import json
import sys

losses = [r["losses"]["G_L1"] for r in map(json.loads, open(sys.argv[1])) if r.get("type") == "losses"]
fifth = max(1, len(losses) // 5)
first, last = (sum(part) / fifth for part in (losses[:fifth], losses[-fifth:]))
print(f"G_L1 {first:.1f} to {last:.1f}")
sys.exit(0 if last < first else "gpu_check.sh: the training did not lower G_L1")
PYTHON
