"""What is not the answer folds: closed at first on a phone, open on a wide screen, and drawn when it is opened."""

import numpy as np
import pytest

from made_run import changed, made_run
from tailprobe.report.page import write_page

# Of every picture what is cut off at its edge, and which labels of an axis or of the key lie on one another.
LABELS = """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((plot) => {
  const edge = plot.getBoundingClientRect(), found = [];
  const boxes = (wanted) => [...plot.querySelectorAll(wanted)]
    .filter((text) => text.textContent.trim() && !/rotate\\((?!0)/.test(text.getAttribute("transform") ?? ""))
    .map((text) => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
  for (const [words, box] of boxes(".main-svg text"))
    if (box.left < edge.left - 1 || box.right > edge.right + 1) found.push(`${plot.id}: ${words} is cut`);
  for (const wanted of [".xtick text", ".ytick text", ".legendtext"])
    boxes(wanted).forEach(([name, a], i, all) => all.slice(i + 1).forEach(([other, b]) => {
      const apart = a.left >= b.right - 1 || b.left >= a.right - 1 || a.top >= b.bottom - 1 || b.top >= a.bottom - 1;
      if (!apart) found.push(`${plot.id}: ${name} lies on ${other}`);
    }));
  return found;
})"""
PHONE = {"width": 390, "height": 844}
CLOSED = "details.fold:not([open]):not([hidden])"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run = made_run(folder, classes=[f"class {i:02d}" for i in range(12)])
    losses = np.geomspace(0.06, 0.6, len(run.histories))  # less than two powers of ten, where an axis has most marks
    histories = run.histories.assign(training_loss=losses, validation_loss=losses[::-1])
    return write_page([changed(run, histories=histories)], folder / "report.html")


@pytest.fixture
def phone(watched, path):
    watched.page.set_viewport_size(PHONE)
    return watched.open(path)


def test_a_phone_shows_the_answer_and_the_names_of_the_rest(phone):
    assert phone.locator("#headline").is_visible()
    assert phone.locator("#forest").is_visible()
    assert phone.locator(CLOSED).count() == phone.locator("details.fold:not([hidden])").count() > 10
    names = phone.locator(CLOSED + " > summary h2").all_inner_texts()
    assert {"What the data is", "Class by class", "Images to look at"} <= set(names)
    assert phone.evaluate("document.documentElement.scrollHeight") < 4 * PHONE["height"]


def test_a_wide_screen_has_all_parts_open(watched, path):
    page = watched.open(path)
    assert page.locator(CLOSED).count() == 0
    assert page.locator("#plot-distribution svg").first.is_visible()


def test_a_part_that_is_opened_is_drawn_to_the_width_of_the_phone(watched, phone):
    assert phone.locator("#plot-distribution svg").count() == 0
    phone.get_by_text("What the data is").click()
    phone.wait_for_selector("#plot-distribution svg.main-svg")
    watched.settled()
    assert 300 < phone.locator("#plot-distribution svg.main-svg").first.bounding_box()["width"] <= PHONE["width"]
    assert phone.locator("#plot-training svg").count() == 0


def test_links_open_the_part_that_they_lead_to(phone):
    phone.locator("nav a", has_text="Trade-off").click()
    assert phone.locator("#plot-tradeoff").is_visible()
    phone.locator("#caption-answer a.term").first.click()
    assert phone.locator("#terms").is_visible()


def test_a_class_of_the_map_opens_the_part_of_its_curves(watched, phone):
    phone.locator("nav a", has_text="Classes").click()
    phone.locator("#map-classes tbody button").first.click()
    phone.wait_for_selector("#plot-precision svg.main-svg")
    watched.settled()
    assert phone.locator("#one-words").is_visible()


def test_a_page_opened_at_a_part_has_it_open(watched, path):
    watched.page.set_viewport_size(PHONE)
    watched.page.goto(path.as_uri() + "#statistics")
    watched.page.wait_for_selector("#statistics-short")
    assert watched.page.locator("#statistics-short").is_visible()


def test_a_print_has_every_part_and_leaves_the_page_as_it_was(watched, phone):
    phone.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert phone.locator(CLOSED).count() == 0
    assert phone.locator("#plot-training svg.main-svg").first.is_visible()
    phone.evaluate("dispatchEvent(new Event('afterprint'))")
    watched.settled()
    assert phone.locator("details.fold[open]").count() == 0


def test_no_label_of_a_picture_is_cut_or_lies_on_another_on_a_phone(watched, phone):
    phone.locator("details").evaluate_all("all => all.forEach(d => { d.open = true; })")
    phone.wait_for_selector("#plot-training svg.main-svg")
    watched.settled()
    assert phone.locator(".js-plotly-plot").count() > 8
    assert phone.evaluate(LABELS) == []
