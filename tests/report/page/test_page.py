"""The page in a real browser: what stands on it and what can be done on it."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from made_run import changed, made_run
from tailprobe.comparison.conclude import conclude
from tailprobe.comparison.convergence import verdict_in_words
from tailprobe.report.page import write_page
from tailprobe.report.page.content import content
from tailprobe.report.style import palette
from tailprobe.runs.run import Run

PLAIN = tuple(f"class {i:02d}" for i in range(12))


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return made_run(tmp_path_factory.mktemp("run"), classes=PLAIN)


@pytest.fixture(scope="module")
def path(run) -> Path:
    return write_page([run], run.scores.parent / "report.html")


def axe(page) -> list[dict]:
    """Run axe-core on the page, from outside its policy."""
    program = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(program)
    return page.evaluate("axe.run().then(found => found.violations)")


def cells(page, column: int) -> list[str]:
    return page.locator(f"#table-classes tbody tr td:nth-child({column})").all_inner_texts()


def names(page) -> list[str]:
    return page.locator("#table-classes tbody td.name bdi").all_inner_texts()


def test_the_first_screen_asks_answers_and_shows(watched, path, run):
    page = watched.open(path)
    assert page.inner_text("h1") == "Which method improves the rare classes of “a collection”?"
    answer = run.conclusion
    assert page.inner_text("#headline") == answer.headline == "Use reweight(2)."
    assert page.inner_text("#sentence") == answer.sentence
    assert f"±{answer.detectable:.3f}" in page.inner_text("#certainty")
    box = page.locator("#forest").bounding_box()
    assert box["y"] + box["height"] < 900


def test_each_row_of_the_answer_runs_from_a_name_to_its_verdict(watched, path, run):
    page = watched.open(path)
    rows = page.locator("#forest tbody tr")
    assert rows.locator("th bdi").all_inner_texts() == list(run.methods[1:])
    group = run.verdicts[run.verdicts["class_name"] == "low-frequency"]
    assert rows.locator("td.verdict").all_inner_texts() == [verdict_in_words(row) for _, row in group.iterrows()]
    assert rows.locator(".cap").count() == 2 * group["simultaneous_low"].notna().sum()
    assert "40 steps · epoch 5 kept · 3/3 converged" in rows.first.inner_text().replace("\u00a0", " ")


def test_an_outlier_is_cut_off_with_an_arrow_and_its_number(watched, run, tmp_path):
    far = run.verdicts["method"] == "reweight(4)"
    moved = {
        name: run.verdicts[name] - 3 * far
        for name in ("difference", "low", "high", "simultaneous_low", "simultaneous_high")
    }
    page = watched.open(write_page([changed(run, verdicts=run.verdicts.assign(**moved))], tmp_path / "report.html"))
    cut = page.locator("#forest tbody tr").nth(2)
    assert cut.locator(".arrow").count() == 1
    assert cut.locator("text.number").text_content() == cut.locator("td.value").inner_text().split("\n")[0]
    assert page.locator("#forest tbody tr").first.locator(".arrow").count() == 0
    ticks = [abs(float(text.replace("−", "-"))) for text in page.locator("#forest tfoot text").all_text_contents()]
    assert max(ticks) < 1


def test_a_provisional_verdict_is_called_so(watched, run, tmp_path):
    verdicts = run.verdicts.assign(provisional=True)
    answer = conclude(verdicts.assign(compared_with="baseline"), run.recommendation, run.classes)
    short = changed(run, verdicts=verdicts, recommendation=run.recommendation.concluded(answer))
    page = watched.open(write_page([short], tmp_path / "p.html"))
    assert page.inner_text("#headline") == "Trained too short to tell."
    assert all(word.endswith(", provisional") for word in page.locator("#forest td.verdict").all_inner_texts())


def test_low_frequency_classes_come_first_and_support_is_in_sight(watched, path):
    page = watched.open_table(path)
    assert set(names(page)[:9]) == {"class 09", "class 10", "class 11"}
    images = [int(text) for text in cells(page, 2)]
    assert images[:9] == sorted(images[:9])
    assert images[9:] == sorted(images[9:])
    assert "in test" in page.inner_text("#table-classes thead")


def test_a_click_on_a_head_sorts_and_another_turns_round(watched, path):
    page = watched.open_table(path)
    for expected in (sorted, lambda values: sorted(values, reverse=True)):
        page.get_by_role("button", name="difference").click()
        values = [float(text.replace("−", "-")) for text in cells(page, 7)]
        assert values == expected(values)
    assert page.locator('th[aria-sort="descending"]').inner_text().startswith("difference")


def test_the_keyboard_sorts_too_and_keeps_the_focus(watched, path):
    page = watched.open_table(path)
    page.get_by_role("button", name="baseline").focus()
    page.keyboard.press("Enter")
    values = [float(text) for text in cells(page, 5)]
    assert values == sorted(values)
    assert page.evaluate("document.activeElement.dataset.column") == "baseline"


def test_filters_narrow_the_rows(watched, path):
    page = watched.open_table(path)
    page.select_option("#group", "low")
    page.select_option("#method", "2")
    assert sorted(names(page)) == ["class 09", "class 10", "class 11"]
    assert set(cells(page, 4)) == {"reweight(3)"}
    page.select_option("#group", "")
    page.fill("#search", "CLASS 03")
    assert names(page) == ["class 03"]
    page.fill("#search", "")
    page.select_option("#verdict", "improves")
    assert all(cell.startswith("improves") for cell in cells(page, 9))


def test_the_largest_changes_can_stand_on_top(watched, path):
    page = watched.open_table(path)
    page.select_option("#group", "rest")
    page.select_option("#order", "change")
    sizes = [abs(float(text.replace("−", "-"))) for text in cells(page, 7)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_search_without_a_find_says_so(watched, path):
    page = watched.open(path)
    for view in ("map", "table", "intervals", "bars"):
        page.check(f"input[value={view}]")
        page.fill("#search", "no such class")
        assert page.inner_text("#class-words") == "No class fits what is chosen above."
        assert page.is_hidden("#view-map")
        assert page.is_hidden("#view-table")
        assert page.is_hidden("#view-plot")
        page.fill("#search", "")


def test_another_metric_has_its_own_numbers_and_no_verdict(watched, path):
    page = watched.open_table(path)
    before = cells(page, 6)
    page.select_option("#metric", "recall@tuned")
    assert cells(page, 6) != before
    assert "verdict" not in page.inner_text("#table-classes thead")
    assert "no confidence interval" in page.inner_text("#class-words")


def test_views_switch_between_table_differences_and_bars(watched, path):
    page = watched.open(path)
    page.check("input[value=intervals]")
    watched.settled()
    page.wait_for_selector("#plot-classes .errorbar", state="attached")
    assert page.is_hidden("#view-table")
    page.check("input[value=bars]")
    page.wait_for_selector("#plot-classes .bars .point", state="attached")
    page.check("input[value=table]")
    assert page.is_visible("#table-classes table")


def test_bars_have_no_line_through_the_first_class_and_pictures_few_stops_of_the_tab_key(watched, path):
    page = watched.open(path)
    page.check("input[value=bars]")
    watched.settled()
    assert page.locator("#plot-classes .zerolinelayer .xzl").count() == 0
    assert page.locator("#plot-classes button").count() <= 2


def test_no_picture_offers_to_send_itself_to_a_cloud(watched, path):
    page = watched.open(path)
    offered = page.locator(".modebar button").evaluate_all("buttons => buttons.map(b => b.dataset.title)")
    assert set(offered) == {"Download plot", "Reset axes"}
    settings = "[...document.querySelectorAll('.js-plotly-plot')].map(p => p._context.plotlyServerURL)"
    assert set(page.evaluate(settings)) == {""}


def test_hovering_a_point_gives_its_numbers(watched, path):
    page = watched.open(path)
    page.locator("#plot-tradeoff").scroll_into_view_if_needed()
    point = page.locator("#plot-tradeoff .scatterlayer .point").first.bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_selector("#plot-tradeoff .hoverlayer .hovertext")
    assert "others" in page.text_content("#plot-tradeoff .hoverlayer")


def test_counts_that_are_close_stand_on_an_axis_from_zero_and_others_on_powers_of_ten(watched, run, tmp_path):
    for counts, ends in ((range(2100, 3300, 100), ("0", "3000")), ([10**4, *[10] * 11], ("10", "10k"))):
        uneven = changed(run, classes=run.classes.assign(count=counts))
        page = watched.open(write_page([uneven], tmp_path / "report.html"))
        marks = page.locator("#plot-distribution .xtick").all_text_contents()
        assert set(ends) <= set(marks)


def test_what_rounds_to_zero_has_no_sign(watched, run, tmp_path):
    ends = {"low": -0.0004, "high": 0.0004, "simultaneous_low": -0.0004, "simultaneous_high": 0.0004}
    nothing = run.verdicts.assign(difference=-0.0001, **ends)
    advice = replace(run.recommendation, effect_rare=-0.0001, effect_rare_low=-0.0004, effect_rare_high=0.0004)
    run = changed(run, verdicts=nothing, recommendation=advice)
    page = watched.open_table(write_page([run], tmp_path / "report.html"))
    assert set(cells(page, 7)) == {"0.000"}
    assert page.locator("#forest td.value").first.inner_text().split("\n") == ["0.000", "0.000 to 0.000"]


def test_dark_and_light_follow_the_reader_and_the_button(watched, path):
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(path)

    def paper():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    dark = paper()
    assert page.locator("#plot-tradeoff .main-svg").first.evaluate("s => s.style.background") == dark
    page.click("#theme")
    watched.settled()
    assert paper() == "rgb(255, 255, 255)" != dark


def test_dark_methods_are_lightened_on_a_dark_page_and_stay_unlike_light_ones(watched, run, tmp_path):
    focal, asymmetric = "#cc79a7", "#882255"  # both pink where the second is whitened much
    text = write_page([run], tmp_path / "report.html").read_text(encoding="utf-8")
    for (_, colour), other in zip(list(palette(run.families).items())[1:3], (focal, asymmetric), strict=True):
        text = text.replace(f'"colour":"{colour}"', f'"colour":"{other}"')
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(tmp_path / "report.html")
    light, dark = page.evaluate("document.getElementById('plot-tradeoff').data.slice(0, 2).map(t => t.marker.color[0])")
    assert light == focal
    found = np.array([int(part) for part in re.findall(r"\d+", dark)])
    assert (found > [0x88, 0x22, 0x55]).all()
    assert (found < np.array([0xCC, 0x79, 0xA7]) - 30).all()


def test_counts_reached_open_with_a_method_that_changes_them(watched, run, tmp_path):
    chosen = content(run)["chosen"]
    plans, counts = run.plans.copy(), run.plans[run.plans["method"] == "baseline"].groupby("class_name")["count"].mean()
    other = next(method for method in run.methods[1:] if method != chosen)
    same = plans["method"] != other
    plans.loc[same, "count"] = plans.loc[same, "class_name"].map(counts)
    plans.loc[~same, "count"] = 2 * plans.loc[~same, "class_name"].map(counts) + 7
    page = watched.open(write_page([changed(run, plans=plans)], tmp_path / "report.html"))
    assert page.evaluate("document.getElementById('plot-counts').data.map(t => t.name.slice(1, -1))")[1:] == [other]


def test_a_run_without_images_says_that_none_were_kept(watched, run, tmp_path):
    page = watched.open(write_page([changed(run, samples=run.samples[:0])], tmp_path / "report.html"))
    assert page.inner_text("#samples") == "This run kept no images to show."


def test_a_phone_shows_all_of_it_without_scrolling_sideways(watched, path):
    watched.page.set_viewport_size({"width": 360, "height": 740})
    page = watched.open(path)
    page.locator("details").evaluate_all("all => all.forEach(d => { d.open = true; })")
    watched.settled()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(watched, path, scheme):
    watched.page.emulate_media(color_scheme=scheme)
    page = watched.open(path)
    page.locator("details").evaluate_all("all => all.forEach(d => { d.open = true; })")
    found = axe(page)
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")] == []


def test_a_print_from_the_dark_is_light_and_as_wide_as_the_paper(watched, path):
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(path)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    width = page.locator("main").bounding_box()["width"]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details[open]").count() == page.locator("details").count()
    drawn = [box["width"] for box in (svg.bounding_box() for svg in page.locator(".main-svg:visible").all()) if box]
    assert len(drawn) > 6
    assert max(drawn) <= width
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 665, "height": 900})  # 17.6 cm between the margins of A4
    assert page.locator("#map-classes table").bounding_box()["width"] <= 666
    page.emulate_media(media="screen", color_scheme="dark")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    watched.settled()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("#plot-tradeoff .main-svg").first.bounding_box()["width"] > width


def test_classes_on_the_same_images_are_counted(watched, path, run):
    page = watched.open(path)
    together = run.labels.matrix.T.astype(int) @ run.labels.matrix.astype(int)
    title = page.locator("#table-cooccurrence tbody tr").first.locator("td").nth(1).get_attribute("title")
    falling = np.argsort(-np.diag(together), kind="stable")
    first, second = falling[0], falling[1]
    assert title == (
        f"of {together[first, first]} images with {PLAIN[first]}, {together[first, second]} carry {PLAIN[second]}"
    )


def test_duplicates_are_listed_or_said_not_to_have_been_looked_for(watched, path, run, tmp_path):
    assert "Not looked for" in watched.open(path).inner_text("#duplicates-words")
    pair = {"names": ["a.png", "<b>b.png"], "cosine": 0.995, "parts": ["train", "test"]}
    found = {
        "encoder": "clip",
        "threshold": 0.99,
        "pairs": 1,
        "across": 1,
        "held_out": 1,
        "test_images": 9,
        "test_matched": 1,
        "closest": [pair],
    }
    page = watched.open(write_page([changed(run, duplicates=found)], tmp_path / "report.html"))
    assert page.inner_text("#duplicates-words").startswith("1 pair of images are nearly the same")
    assert page.locator("#table-duplicates tbody td").all_inner_texts() == [
        "a.png",
        "<b>b.png",
        "0.9950",
        "train, test",
    ]


def test_a_class_opens_from_the_map_into_its_curves_and_mistakes(watched, path):
    page = watched.open(path)
    page.get_by_role("region", name="Classes by methods").get_by_role("button", name="class 11").click()
    assert page.inner_text("#one-class option:checked") == "class 11"
    assert page.locator("#false-negatives .tile").count() == 1
    assert "baseline 0.100" in page.inner_text("#false-negatives")
    watched.settled()
    before = page.locator("#plot-precision .js-line").first.get_attribute("d")
    page.select_option("#one-class", "3")
    watched.settled()
    assert page.locator("#plot-precision .js-line").first.get_attribute("d") != before


def test_calibration_of_few_positives_is_not_drawn_and_why_is_said(watched, path, run):
    page = watched.open(path)
    curves = content(run)["curves"]["curves"]["descriptors"]["baseline"]
    few = next(i for i, curve in enumerate(curves) if curve["reliability"] is None)
    enough = next(i for i, curve in enumerate(curves) if curve["reliability"] is not None)
    page.select_option("#one-class", str(few))
    assert page.is_hidden("#plot-calibration")
    assert f"{curves[few]['positives']} test image" in page.inner_text("#caption-calibration")
    page.select_option("#one-class", str(enough))
    watched.settled()
    assert page.is_visible("#plot-calibration")


def test_the_map_opens_on_what_is_most_certain_and_sorts_by_a_method(watched, path, run):
    page = watched.open(path)
    single = run.verdicts[~run.verdicts["is_group"]]
    half = (single["simultaneous_high"] - single["simultaneous_low"]).fillna(single["high"] - single["low"])
    surest = single.loc[(single["difference"].abs() / half).idxmax(), "class_name"]
    assert page.locator("#map-classes tbody th bdi").first.inner_text() == surest
    page.click("#map-classes thead button[data-method='2']")
    shown = page.locator("#map-classes tbody tr td:nth-child(4)").all_inner_texts()
    values = [float(text.replace("−", "-")) for text in shown]
    assert values == sorted(values, reverse=True)
    assert "hatched" in page.locator("#map-classes tbody td").nth(1).get_attribute("class")  # 0.2 and few images


def test_the_study_file_can_be_saved_from_the_page(watched, run, tmp_path):
    run = changed(run, settings='[data]\nsource = "a #1 & <b>, ü"\n')
    page = watched.open(write_page([run], tmp_path / "report.html"))
    with page.expect_download() as saved:
        page.click("#study")
    assert saved.value.suggested_filename == "study.toml"
    assert saved.value.path().read_text(encoding="utf-8") == run.settings
    assert "kernel torch" in page.inner_text("#repeat-words")


def test_a_run_that_was_not_tested_says_so(watched, tmp_path):
    run = made_run(tmp_path, classes=PLAIN, verdicts=False)
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert "not tested" in page.inner_text("#sentence")
    assert page.inner_text("#headline") == "Not tested."
    assert "no confidence interval" in page.inner_text("#caption-answer")


def test_several_runs_stand_on_one_page(watched, tmp_path):
    runs = [made_run(tmp_path / str(i), classes=PLAIN, name=f"collection {i}") for i in range(2)]
    page = watched.open(write_page(runs, tmp_path / "report.html"))
    assert page.locator("#runs-compared tbody tr").count() == 2
    assert page.locator("#plot-runs .scatterlayer .trace").count() == 2
    page.select_option("#run", "1")
    assert "collection 1" in page.inner_text("h1")
