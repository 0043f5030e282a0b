import html
import json
import math
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from small_galleries import save

from tests.drawing_pages import Page, browser_page
from util.gallery.rows import Row, mean_metrics
from util.gallery.writing import write_gallery

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "a|b `c` [d](e) *f* _g_ ~h~ $i$ \\",
    "with space #1? 100%",
    "quote\"'&amp;",
    "キメラ その1",
    "javascript:alert(1)",
    "two\nlines",
]


def row(folder: Path, name: str, metrics=None, labels=("real_A", "fake_B", "real_B")) -> Row:
    images = {label: f"images/{name}_{label}.png" for label in labels}
    for path in images.values():
        save(folder / path, np.full((8, 8, 3), (200, 30, 30), np.uint8))
    return Row(name, images, metrics or {})


def test_names_are_escaped_and_links_lead_to_the_images(tmp_path):
    rows = [row(tmp_path, name) for name in HOSTILE]
    page = Page(write_gallery(tmp_path, HOSTILE[0], rows).read_text(encoding="utf-8"))
    sources = [attrs["src"] for tag, attrs in page.tags if tag == "img" and attrs.get("src")]
    assert len(sources) == 3 * len(HOSTILE)
    for source in sources:
        assert (tmp_path / unquote(source)).is_file()
        assert not re.match(r"[a-z]+:", source)
    for name in HOSTILE:
        assert name.replace("\n", " ") in page.texts
    assert not any("onerror" in attrs for _, attrs in page.tags)
    assert {attrs["loading"] for tag, attrs in page.tags if tag == "img" and "src" in attrs} == {"lazy"}


def test_markdown_escapes_names(tmp_path):
    write_gallery(
        tmp_path, "t", [row(tmp_path, name) for name in HOSTILE], note="5 | 6", settings={"a|b": "<i>"}
    )
    lines = (tmp_path / "index.md").read_text(encoding="utf-8").splitlines()
    table = lines[lines.index("|  | input | output | target |") + 2 :]
    assert len(table) == len(HOSTILE)
    for line, name in zip(table, HOSTILE, strict=True):
        cells = line.strip("|").split("|")
        assert len(cells) == 4
        assert html.unescape(cells[0].strip()) == name.replace("\n", " ").strip()
        assert not set("<>`*[]|_$") & set(cells[0])
        for cell in cells[1:]:
            link = re.fullmatch(r"!\[\]\(([^()\s<>|]+)\)", cell.strip())
            assert link and (tmp_path / unquote(link.group(1))).is_file()
    assert "<i>" not in "\n".join(lines)


@pytest.mark.parametrize(
    "path", ["/etc/x.png", "../x.png", "images/../../x.png", "..", "", ".", "//host/x.png", "a\0b.png"]
)
def test_paths_outside_the_folder_are_rejected(tmp_path, path):
    with pytest.raises(ValueError, match="image path"):
        write_gallery(tmp_path / "g", "t", [Row("a", {"real_A": path})])
    assert not (tmp_path / "g").exists()


def test_metrics_json_is_valid_and_missing_values_do_not_change_averages(tmp_path):
    rows = [
        row(tmp_path, "a", {"L1": 0.1, "SSIM": 0.5}),
        row(tmp_path, "b", {"L1": math.nan, "SSIM": 0.7}),
        row(tmp_path, "c", {"L1": 0.3}),
    ]
    write_gallery(tmp_path, "t", rows, settings={"netG": "unet_256", "path": Path("x"), "lr": math.inf})

    def refuse(constant):
        raise AssertionError(constant)

    kept = json.loads((tmp_path / "metrics.json").read_text(), parse_constant=refuse)
    assert kept["mean"] == pytest.approx({"L1": 0.2, "SSIM": 0.6})
    assert kept["rows"][1] == {"name": "b", "images": rows[1].images, "metrics": {"L1": None, "SSIM": 0.7}}
    assert kept["settings"] == {"netG": "unet_256", "path": "x", "lr": None}
    assert mean_metrics([Row("x", {}, {"L1": math.inf})]) == {}


def test_a_gallery_can_be_printed(tmp_path):
    labels = ("real_A", "fake_B", "drawing")
    rows = [row(tmp_path, f"child {i}", {"L1": 0.1}, labels) for i in range(9)]
    page = write_gallery(tmp_path, "9 images from class", rows, not_used={"a.gif": "it is empty"})
    parsed = Page(page.read_text(encoding="utf-8"))
    headings = [tag for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1" and set(headings[1:]) == {"h2"}
    assert not any(tag == "details" for tag, _ in parsed.tags)  # the list of unusable files is not collapsed
    with browser_page() as drawn:
        opened = drawn.page
        opened.goto(page.as_uri())
        labels = "[...document.querySelector('.strip').children].map((e) => e.dataset.label)"
        assert opened.evaluate(labels) == ["drawing", "input", "output"]
        opened.locator(".strip button").first.click()
        assert opened.locator("#tag-left").text_content() == "drawing"
        assert opened.locator("#tag-right").text_content() == "output"
        opened.keyboard.press("Escape")
        opened.evaluate("window.print = () => { document.body.dataset.printed = 1 }")
        opened.get_by_role("button", name="print").click()
        opened.wait_for_selector("body[data-printed]")
        opened.emulate_media(media="print")
        assert opened.get_by_text("child 8").is_visible() and not opened.locator(".controls").is_visible()
        assert opened.get_by_text("it is empty").is_visible()
        assert opened.pdf().startswith(b"%PDF")


def test_sorting_searching_and_the_viewer_work_in_a_browser(tmp_path):
    values = {"x10": 0.3, "x9": 0.1, "x1": 0.2}
    rows = [row(tmp_path / "g", name, {"L1": value}) for name, value in values.items()]
    rows.append(row(tmp_path / "g", HOSTILE[0], {"L1": math.nan}))
    page = write_gallery(tmp_path / "g", "t", rows)
    script = """
        const $=id=>document.getElementById(id), names=()=>[...document.querySelectorAll('.card')]
            .filter(c=>!c.hidden).map(c=>c.dataset.name), out={};
        const sort=by=>{$('sort').value=by;$('sort').onchange();return names()};
        const key=k=>dispatchEvent(new KeyboardEvent('keydown',{key:k,cancelable:true}));
        out.metric=sort('m:L1'); out.name=sort('name'); $('direction').click(); out.down=sort('m:L1');
        $('direction').click(); out.listed=sort('');
        $('find').value='X1'; $('find').oninput(); out.found=names();
        document.querySelectorAll('.card:not([hidden]) button')[1].click();
        out.open=$('viewer').open; out.first=$('caption').textContent; key('ArrowRight');
        out.second=$('caption').textContent; key('ArrowLeft'); out.back=$('caption').textContent;
        const wipe=()=>getComputedStyle($('over')).clipPath; $('wipe').value=20; $('wipe').oninput();
        out.wipe=wipe();
        key('ArrowUp'); out.up=$('wipe').value;
        out.tags=[$('tag-left').textContent,$('tag-right').textContent];
        out.sources=[$('under').src,$('over').src].map(s=>s.split('/').pop());
        key('Escape'); out.closed=!$('viewer').open;
        const root=document.documentElement, before=getComputedStyle(document.body).backgroundColor;
        $('theme').click(); out.theme=before!==getComputedStyle(document.body).backgroundColor;
        return out;
    """
    with browser_page() as drawn:
        drawn.page.goto(page.as_uri())
        said = drawn.page.evaluate(f"() => {{ {script} }}")
    assert said["metric"] == ["x9", "x1", "x10", HOSTILE[0]]
    assert said["down"] == ["x10", "x1", "x9", HOSTILE[0]]
    assert said["name"][-3:] == ["x1", "x9", "x10"]
    assert said["listed"] == ["x10", "x9", "x1", HOSTILE[0]]
    assert said["found"] == ["x10", "x1"]
    assert said["open"] and said["closed"] and said["theme"]
    assert [said["first"], said["second"], said["back"]] == ["x10", "x1", "x10"]
    assert said["wipe"] == "inset(0px 0px 0px 20%)" and said["up"] == "25"
    assert said["tags"] == ["input", "output"]
    assert said["sources"] == ["x10_real_A.png", "x10_fake_B.png"]
