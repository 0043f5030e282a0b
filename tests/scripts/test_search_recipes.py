"""search_recipes.py trains each recipe once, measures it and goes on where it stopped."""

import json

from conftest import TINY, assert_one_line_error, command

RECIPES = """
# comments and empty lines are skipped
plain --batch_size 2
fast  --batch_size 2 --lr 0.001 --ema 0.9
"""


def search(pairs, tmp_path, *more):
    (tmp_path / "recipes.txt").write_text(RECIPES)
    return command(
        "scripts/search_recipes.py", "--dataroot", pairs, "--recipes", tmp_path / "recipes.txt",
        "--common", " ".join(TINY), "--minutes", "0.01", "--output", tmp_path / "out", *more,
    )  # fmt: skip


def test_every_recipe_is_trained_and_measured_once(pairs, tmp_path):
    first = search(pairs, tmp_path, "--only", "fast")
    assert first.returncode == 0, first.stderr
    both = search(pairs, tmp_path)
    assert both.returncode == 0, both.stderr
    results = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [r["recipe"] for r in results] == ["fast", "plain"]
    for result in results:
        assert result["updates"] > 0 and 0 < result["L1"] < 1 and result["its standard error"] > 0
        assert (tmp_path / "out" / f"{result['run']}.jpg").stat().st_size > 0
        assert (tmp_path / "out" / "checkpoints" / result["run"] / "latest_net_G.pth").exists()


def test_unknown_recipes_and_files_get_one_line(pairs, tmp_path):
    assert_one_line_error(search(pairs, tmp_path, "--only", "slow"), "slow", "plain, fast")
    assert_one_line_error(
        command("scripts/search_recipes.py", "--dataroot", pairs, "--recipes", tmp_path / "none"), "none"
    )
