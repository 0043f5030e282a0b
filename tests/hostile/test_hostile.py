"""A short random part of the campaign; `python -m tests.hostile` runs all of it."""

import secrets

from hostile.campaign import run_campaign


def test_a_random_part_of_the_campaign_finds_nothing():
    seed = secrets.randbelow(2**31)
    results = run_campaign(seed=seed, most=10**6, minutes=1 / 3, slow=False, say=lambda text: None)
    assert results
    failures = [result for result in results if result.verdict == "failure"]
    assert not failures, f"python -m tests.hostile --seed {seed} --cases 1000000 finds: {failures}"
