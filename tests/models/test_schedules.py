import pytest

from models.schedules import LearningRate


def test_linear_schedule():
    rate = LearningRate("linear", 100, 100)
    assert [rate.factor(e) for e in (1, 100)] == [1, 1]
    assert rate.factor(101) == pytest.approx(100 / 101)
    assert rate.factor(200) == pytest.approx(1 / 101)


def test_other_schedules():
    step, cosine, plateau = (LearningRate(p, 10, 0, 4) for p in ("step", "cosine", "plateau"))
    assert [step.factor(e) for e in (1, 4, 5, 9)] == pytest.approx([1, 1, 0.1, 0.01])
    assert [cosine.factor(e) for e in (1, 6)] == pytest.approx([1, 0.5])
    for value in [1.0] + [0.999] * 6:
        plateau.observe(value)
    assert plateau.factor(3) == pytest.approx(0.2)
    resumed = LearningRate("plateau", 10, 0)
    resumed.load_state_dict(plateau.state_dict())
    assert resumed.factor(3) == plateau.factor(3)
