"""Loads every checkpoint of a run, as anyone else would; prints where training would resume, as JSON.

python tests/soak_checkpoints.py checkpoints/NAME
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from util import checkpoint


def main():
    folder = Path(sys.argv[1])
    loaded = {path.name: checkpoint.load(path) for path in sorted(folder.glob("*.pth"))}
    for name, content in loaded.items():
        if not content:
            raise SystemExit(f"{name} is empty")
    state = loaded.get(checkpoint.STATE)
    found = state and {key: state["progress"][key] for key in ("epoch", "batch", "total_iters")}
    if found:
        found["lambda_proj"] = checkpoint.load_options(folder)["lambda_proj"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
