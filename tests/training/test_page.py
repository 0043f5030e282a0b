import json
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.util.browser import CHROMIUM, Page, browse
from training.history import MAX_POINTS, Curve, keep_telling_epochs
from training.loggers import Moment, create_loggers
from training.page import MAX_EPOCHS_SHOWN, TrainingPage
from training.page_view import duration
from training.svg_chart import line_chart, nice_ticks

NAME = "<img src=x onerror=alert(1)>"
EPOCH_SIZE = 20


def progress(epoch: int, iters: int = EPOCH_SIZE, n_epochs: int = 800) -> Moment:
    total = (epoch - 1) * EPOCH_SIZE + iters
    return Moment(epoch, n_epochs, iters, EPOCH_SIZE, total, lr=2e-4, images_per_s=12.5, eta_s=3700)


def shade(value: int) -> np.ndarray:
    return np.full((16, 16, 3), value % 256, np.uint8)


def train(page: TrainingPage, epochs: range) -> None:
    for epoch in epochs:
        for iters in range(5, EPOCH_SIZE + 1, 5):
            losses = {
                "G_GAN": 0.5 + 0.1 * math.sin(epoch + iters),
                "G_L1": 30 / epoch,
                "D_real": 0.2,
                "D_fake": 0.2,
            }
            page.losses(progress(epoch, iters), losses)
        page.validation(progress(epoch), {"L1": 1 / epoch})
        visuals = {"real_A": shade(0), "fake_B": shade(epoch), "real_B": shade(255)}
        page.fixed_samples(progress(epoch), {NAME: visuals, "lion": visuals})
        page.samples(progress(epoch), visuals)


def sources(text: str) -> set[str]:
    return {attrs["src"] for tag, attrs in Page(text).tags if tag == "img"}


def files(folder) -> set[str]:
    return {f"images/{path.name}" for path in (folder / "images").iterdir()}


def test_curve_is_exact_until_full_and_then_keeps_the_mean():
    curve = Curve()
    values = np.random.default_rng(0).normal(size=5000)
    for i, value in enumerate(values[:MAX_POINTS]):
        curve.add(i, i, value)
    assert [point[2] for point in curve.points] == list(values[:MAX_POINTS])
    for i, value in enumerate(values[MAX_POINTS:], start=MAX_POINTS):
        curve.add(i, i, value)
    assert MAX_POINTS / 2 <= len(curve.points) <= MAX_POINTS
    counts = [point[3] for point in curve.points]
    assert sum(counts) == 5000 and len(set(counts[:-1])) == 1
    assert np.dot([point[2] for point in curve.points], counts) / 5000 == pytest.approx(values.mean())
    assert curve.points[-1][0] == 4999


def test_curve_forgets_what_a_resumed_run_repeats_and_what_is_not_finite():
    curve = Curve()
    for step in (1, 2, 3, 4):
        curve.add(step, step, float(step))
    curve.add(3, 3, 30.0)
    curve.add(5, 5, math.nan)
    assert [point[1:3] for point in curve.points] == [[1, 1.0], [2, 2.0], [3, 30.0]]
    again = Curve(**json.loads(json.dumps(curve.state())))
    assert again.points == curve.points


def test_smoothing_keeps_a_constant_and_halves_noise():
    curve = Curve()
    noise = np.random.default_rng(1).normal(size=MAX_POINTS)
    for i, value in enumerate(noise):
        curve.add(i, i, value)
    assert np.std([y for _, y in curve.smoothed()]) < 0.5 * np.std(noise)
    flat = Curve([[i, i, 7.0, 1] for i in range(100)])
    assert {y for _, y in flat.smoothed()} == {7.0}


def test_telling_epochs_keep_both_ends_and_lie_closer_at_the_beginning():
    kept: list[int] = []
    for epoch in range(1, 801):
        kept = keep_telling_epochs([*kept, epoch], 8)
        assert len(kept) <= 8 and kept[0] == 1 and kept[-1] == epoch
    gaps = np.diff(np.sqrt(kept))
    assert gaps.max() < 3.5 * gaps.min()
    assert kept[1] < 100 and kept[3] < 400
    assert keep_telling_epochs([5, 1, 5], 8) == [1, 5]


@pytest.mark.parametrize("low, high", [(0, 1), (0.12, 0.13), (-3, 40), (0, 2e-4), (0, 800), (1e6, 3e6)])
def test_ticks_are_round_within_and_few(low, high):
    ticks = nice_ticks(low, high, 5)
    assert 2 <= len(ticks) <= 6 and low - 1e-9 <= ticks[0] and ticks[-1] <= high * (1 + 1e-9)
    step = ticks[1] - ticks[0]
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5)


def test_chart_is_well_formed_and_draws_values_where_they_belong():
    curve = Curve([[0, 0, 0.0, 1], [5, 5, 10.0, 1], [10, 10, 5.0, 1]])
    root = ElementTree.fromstring(line_chart({NAME: curve}, title=NAME))
    points = [tuple(map(float, pair.split())) for pair in root.find("path").get("d")[1:].split("L")]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x0 < x1 < x2 and x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y1 < y2 < y0 and y0 - y2 == pytest.approx(y2 - y1, abs=0.2)
    assert {"0", "10", "epoch"} <= {text.text for text in root.iter("text")}


@pytest.mark.parametrize("values", [[0.00121, 0.00123], [1.25e-6, 1.5e-6], [-2.5e-4, -1e-4]])
def test_long_numbers_fit_beside_the_chart(values):
    chart = line_chart({"a": Curve([[i, i, v, 1] for i, v in enumerate(values)])})
    texts = [text for text in ElementTree.fromstring(chart).iter("text") if text.get("text-anchor") == "end"]
    assert max(len(text.text) for text in texts) >= 6
    assert all(float(text.get("x")) >= 9 * len(text.text) for text in texts)  # 9 px: a digit at its largest


@pytest.mark.parametrize("values", [[2e-4] * 9, [0.0], [-5.0, -5.0], [1e-9, 1e9]])
def test_chart_survives_odd_values(values):
    chart = line_chart({"a": Curve([[i, i, v, 1] for i, v in enumerate(values)]), "empty": Curve()})
    assert "nan" not in chart and "inf" not in chart
    ElementTree.fromstring(chart)


@pytest.mark.parametrize(
    "seconds, text",
    [(3.6, "4 s"), (59.7, "1 min"), (3599, "1 h 00 min"), (7500, "2 h 05 min"), (277200, "3 d 5 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_page_tells_everything_and_obeys_nothing(tmp_path):
    page = TrainingPage(tmp_path, name=NAME, options={"netG": NAME, "lr": 2e-4}, interval_s=0)
    train(page, range(1, 4))
    page.message(NAME)
    page.warning("the loss is flat: try --lr")
    page.warning("the loss is flat: try --lr")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    texts = Page(text).texts
    assert texts.count(NAME) >= 3 and "<img src=x" not in text
    assert texts.count("the loss is flat: try --lr") == 1
    assert text.count("<svg") == 4
    for wanted in ("3 / 800", "12.5", "0.0002", "1 h 02 min", "epoch 1", "epoch 3", "netG", "training"):
        assert wanted in texts, wanted
    assert {source for source in sources(text)} <= files(tmp_path)
    assert len([source for source in sources(text) if "fixed" in source]) == 2 * (3 + 2)


def test_a_standard_error_stands_beside_its_metric_and_has_no_chart(tmp_path):
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=0)
    page.validation(progress(1), {"L1": 0.25, "KD": 140.0, "KD_se": 6.0})
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 2 and "KD_se" not in text
    assert "140 ± 6" in Page(text).texts


def test_page_refreshes_until_it_is_closed(tmp_path):
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=0)
    train(page, range(1, 2))
    index = tmp_path / "index.html"
    assert "location.reload" in index.read_text(encoding="utf-8")
    page.close("failed: out of memory")
    text = index.read_text(encoding="utf-8")
    assert "location.reload" not in text and 'http-equiv="refresh"' not in text
    assert "failed: out of memory" in Page(text).texts


def test_page_costs_the_same_at_any_length(tmp_path):
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=3600)
    sizes, counts = {}, {}
    for start in (1, 101, 201):
        train(page, range(start, start + 100))
        page.close("finished")
        page.close("finished")
        sizes[start] = [(tmp_path / name).stat().st_size for name in ("index.html", "history.json")]
        counts[start] = len(files(tmp_path))
    assert sizes[201][0] < 1.2 * sizes[101][0] and sizes[201][1] < 1.2 * sizes[101][1]
    assert counts[201] <= 2 * (MAX_EPOCHS_SHOWN + 1 + 2) + 2 * 3


def test_a_page_that_was_just_read_still_finds_its_images(tmp_path):
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=0)
    before = set()
    for epoch in range(1, 30):
        visuals = {"real_A": shade(0), "fake_B": shade(epoch)}
        page.samples(progress(epoch), visuals)
        assert before <= files(tmp_path)
        before = sources((tmp_path / "index.html").read_text(encoding="utf-8"))
        page.fixed_samples(progress(epoch), {"a": visuals})
        assert before <= files(tmp_path)
        before = sources((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert not list(tmp_path.rglob("*.part"))


def test_updates_are_rare_but_the_last_word_is_written(tmp_path):
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=3600)
    first = (tmp_path / "index.html").read_bytes()
    train(page, range(1, 3))
    assert (tmp_path / "index.html").read_bytes() == first
    page.close("finished")
    assert "2 / 800" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_resume_goes_on_from_history(tmp_path):
    train(TrainingPage(tmp_path, name="x", options={}, interval_s=0), range(1, 6))
    before = json.loads((tmp_path / "history.json").read_text())
    page = TrainingPage(tmp_path, name="x", options={}, resume=True, interval_s=0)
    assert sources((tmp_path / "index.html").read_text(encoding="utf-8")) <= files(tmp_path)
    train(page, range(4, 8))
    after = json.loads((tmp_path / "history.json").read_text())
    points = after["curves"]["losses"]["G_L1"]["points"]
    assert points[:12] == before["curves"]["losses"]["G_L1"]["points"][:12]
    assert [point[1] for point in points] == list(range(5, 7 * EPOCH_SIZE + 1, 5))
    assert sorted(map(int, after["fixed"]["lion"]["epochs"])) == [1, 2, 3, 4, 5, 6, 7]


def test_a_new_run_forgets_and_cleans_up_what_is_ours(tmp_path):
    train(TrainingPage(tmp_path, name="x", options={}, interval_s=0), range(1, 4))
    (tmp_path / "images" / "mine.jpg").write_bytes(b"keep")
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=0)
    train(page, range(1, 2))
    page.close("finished")
    left = files(tmp_path)
    assert "images/mine.jpg" in left
    assert left - {"images/mine.jpg"} == sources((tmp_path / "index.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"curves": 3}', '{"curves": {"losses": {"G": {"points": 1}}}}']
)
def test_a_broken_history_costs_the_curves_not_the_run(tmp_path, broken):
    (tmp_path / "history.json").write_text(broken)
    page = TrainingPage(tmp_path, name="x", options={}, resume=True, interval_s=0)
    train(page, range(1, 2))
    assert "1 / 800" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_losses_that_are_not_finite_leave_the_page_whole(tmp_path, value):
    page = TrainingPage(tmp_path, name="x", options={}, interval_s=0)
    page.losses(progress(1), {"G_L1": value})
    page.losses(progress(2), {"G_L1": 3.0})
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "</html>" in text and not re.search(r"\b(nan|inf)\b", "".join(re.findall("<svg.*?</svg>", text)))
    json.loads((tmp_path / "history.json").read_text(), parse_constant=lambda c: pytest.fail(c))


def test_create_loggers_makes_the_page_at_the_familys_place(tmp_path):
    group = create_loggers(tmp_path, name="x", options={"lr": 1})
    group.losses(progress(1), {"G_L1": 3.0})
    group.close("finished")
    assert "finished" in (tmp_path / "web" / "index.html").read_text(encoding="utf-8")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_page_in_a_real_browser(tmp_path):
    page = TrainingPage(tmp_path / "web", name=NAME, options={"lr": 1}, interval_s=0)
    train(page, range(1, 12))
    script = """
        const images=[...document.images];
        return {ago:document.getElementById('updated').textContent,
            broken:images.filter(i=>!i.complete||!i.naturalWidth).length, images:images.length,
            wide:document.documentElement.scrollWidth>innerWidth,
            stroke:getComputedStyle(document.querySelector('path.smooth')).stroke};
    """
    answer = browse(tmp_path / "web" / "index.html", script, tmp_path)
    said = answer["said"]
    assert answer["wrong"] == [] and said["broken"] == 0 and said["images"] == 2 * (MAX_EPOCHS_SHOWN + 2) + 3
    assert said["ago"].endswith("ago") and not said["wide"] and said["stroke"].startswith("rgb")
