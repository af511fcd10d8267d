"""The page in a real browser: what can be done on it, and that hostile names do nothing."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from made_run import made_run
from tailprobe.report.page import write_page

PLAIN = tuple(f"class {i:02d}" for i in range(12))
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>document.title='taken'</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1); '",
    "<b>bold</b> & <a href='javascript:alert(1)'>link</a>",
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
    "emoji \U0001f335\U0001f1f3\U0001f1f4",
    "n" * 300,
    "__proto__",
    "line\nbreak\u2028",
    "{{ 7 * 7 }}",
    "",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return write_page([made_run(folder, classes=PLAIN)], folder / "report.html")


def axe(page) -> list[dict]:
    """Run axe-core on the page, from outside its policy."""
    program = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(program)
    return page.evaluate("axe.run().then(found => found.violations)")


def cells(page, column: int) -> list[str]:
    return page.locator(f"#table-classes tbody tr td:nth-child({column})").all_inner_texts()


def test_the_first_screen_asks_answers_and_shows(watched, path):
    page = watched.open(path)
    assert page.inner_text("h1") == "Which remedy helps the rare classes of “a collection”?"
    assert page.inner_text("#sentence") == "Use reweight(2): it gains."
    assert "99.0%" in page.inner_text("#certainty")
    assert page.locator("#plot-answer .errorbar").count() == 3
    assert page.locator("#plot-answer").bounding_box()["y"] < 900


def test_low_frequency_classes_come_first_and_support_is_in_sight(watched, path):
    page = watched.open(path)
    names = cells(page, 1)
    assert names[:3] == ["class 09"] * 3 or set(names[:9]) == {"class 09", "class 10", "class 11"}
    assert "in test" in page.inner_text("#table-classes thead")


def test_a_click_on_a_head_sorts_and_another_turns_round(watched, path):
    page = watched.open(path)
    for expected in (sorted, lambda values: sorted(values, reverse=True)):
        page.get_by_role("button", name="difference").click()
        values = [float(text.replace("−", "-")) for text in cells(page, 7)]
        assert values == expected(values)
    assert page.locator('th[aria-sort="descending"]').inner_text().startswith("difference")


def test_the_keyboard_sorts_too_and_keeps_the_focus(watched, path):
    page = watched.open(path)
    page.get_by_role("button", name="baseline").focus()
    page.keyboard.press("Enter")
    values = [float(text) for text in cells(page, 5)]
    assert values == sorted(values)
    assert page.evaluate("document.activeElement.dataset.column") == "baseline"


def test_filters_narrow_the_rows(watched, path):
    page = watched.open(path)
    page.select_option("#group", "low")
    page.select_option("#method", "2")
    assert cells(page, 1) == ["class 09", "class 10", "class 11"] or len(cells(page, 1)) == 3
    assert set(cells(page, 4)) == {"reweight(3)"}
    page.select_option("#group", "")
    page.fill("#search", "CLASS 03")
    assert cells(page, 1) == ["class 03"]
    page.fill("#search", "")
    page.select_option("#verdict", "helps")
    assert set(cells(page, 10)) <= {"helps"}


def test_another_metric_has_its_own_numbers_and_no_verdict(watched, path):
    page = watched.open(path)
    before = cells(page, 6)
    page.select_option("#metric", "recall@tuned")
    assert cells(page, 6) != before
    assert "verdict" not in page.inner_text("#table-classes thead")
    assert "no confidence interval" in page.inner_text("#class-words")


def test_views_switch_between_table_differences_and_bars(watched, path):
    page = watched.open(path)
    page.check("input[value=intervals]")
    page.wait_for_selector("#plot-classes .errorbar", state="attached")
    assert page.is_hidden("#view-table")
    page.check("input[value=bars]")
    page.wait_for_selector("#plot-classes .bars .point", state="attached")
    page.check("input[value=table]")
    assert page.is_visible("#table-classes table")


def test_hovering_a_point_gives_its_numbers(watched, path):
    page = watched.open(path)
    point = page.locator("#plot-answer .scatterlayer .point").first.bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_selector("#plot-answer .hoverlayer .hovertext")
    assert re.search(r"reweight\(4\).*baseline", page.text_content("#plot-answer .hoverlayer"), re.DOTALL)


def test_dark_and_light_follow_the_reader_and_the_button(watched, path):
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(path)

    def paper():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    dark = paper()
    assert page.locator("#plot-answer .main-svg").first.evaluate("s => s.style.background") == dark
    page.click("#theme")
    assert paper() == "rgb(255, 255, 255)" != dark


def test_a_phone_shows_all_of_it_without_scrolling_sideways(watched, path):
    watched.page.set_viewport_size({"width": 360, "height": 740})
    page = watched.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(watched, path, scheme):
    watched.page.emulate_media(color_scheme=scheme)
    page = watched.open(path)
    page.locator("details").evaluate_all("all => all.forEach(d => { d.open = true; })")
    found = axe(page)
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")] == []


def test_mistakes_and_curves_follow_the_class_chosen(watched, path):
    page = watched.open(path)
    assert page.locator("#missed .tile").count() == 1
    assert "baseline 0.100" in page.inner_text("#missed")
    before = page.locator("#plot-precision .js-line").first.get_attribute("d")
    page.select_option("#curve-class", "3")
    assert page.locator("#plot-precision .js-line").first.get_attribute("d") != before


def test_hostile_names_run_nothing_break_nothing_and_are_shown_as_they_are(watched, tmp_path):
    run = made_run(tmp_path, classes=HOSTILE[:-1], name=HOSTILE[1])
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert page.title().startswith("tailprobe: </script>")
    assert HOSTILE[1] in page.inner_text("h1")
    assert HOSTILE[0] in page.inner_text("#table-parts") or HOSTILE[0] in page.text_content("#table-parts")
    for view in ("intervals", "bars", "table"):
        page.check(f"input[value={view}]")
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("svg a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_run_that_was_not_tested_says_so(watched, tmp_path):
    run = made_run(tmp_path, classes=PLAIN, verdicts=False)
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert "not tested" in page.inner_text("#sentence")
    assert "no confidence interval" in page.inner_text("#caption-answer")


def test_several_runs_stand_on_one_page(watched, tmp_path):
    runs = [made_run(tmp_path / str(i), classes=PLAIN, name=f"collection {i}") for i in range(2)]
    page = watched.open(write_page(runs, tmp_path / "report.html"))
    assert page.locator("#runs-compared tbody tr").count() == 2
    page.select_option("#run", "1")
    assert "collection 1" in page.inner_text("h1")


def test_365_classes_are_paged_and_found(watched, tmp_path):
    names = tuple(f"place {i:03d}" for i in range(365))
    file = write_page([made_run(tmp_path, classes=names, methods=20, seeds=2, images=400)], tmp_path / "report.html")
    page = watched.open(file)
    assert page.locator("#table-classes tbody tr").count() == 50
    page.fill("#search", "place 123")
    assert set(cells(page, 1)) == {"place 123"}


def test_a_page_of_20_classes_20_methods_and_10_seeds_is_below_8_megabytes(tmp_path):
    names = tuple(f"class {i}" for i in range(20))
    file = write_page([made_run(tmp_path, classes=names, methods=20, seeds=10)], tmp_path / "report.html")
    assert file.stat().st_size < 8e6
