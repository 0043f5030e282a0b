"""A random part of the campaign; `python -m tests.hostile` runs all of it."""

from hostile.__main__ import run_campaign


def test_a_short_campaign_finds_no_failure():
    seed = 0  # always the same cases, so that a correct change does not fail by chance
    results = run_campaign(seed=seed, most=60, minutes=3, slow=False, say=lambda text: None)
    assert results
    failures = [result for result in results if result.verdict == "failure"]
    assert not failures, f"python -m tests.hostile --seed {seed} --cases 60 finds: {failures}"
