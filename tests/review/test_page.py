"""The page of a review in a real browser."""

import csv
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from review_browser import HOSTILE, MINE, TOKEN


@pytest.fixture
def tab(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []

    def opened(**more):
        page = (browser.new_context(**more) if more else context).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: request.url.startswith((address, "data:")) or complaints.append(request.url))
        page.goto(f"{address}/?token={TOKEN}")
        page.wait_for_selector("main[aria-busy=false]")
        return page

    yield opened
    context.close()
    assert complaints == []


def violations(page) -> list[dict]:
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate("axe.run().then(found => found.violations)")


def test_keys_confirm_reject_skip_and_undo(tab, tmp_path):
    page = tab()
    expect(page.locator("#question")).to_have_text(f"Does this image show “{MINE}”?")
    names = []
    for key, words in (("y", "confirmed"), ("n", "rejected"), ("s", "skipped")):
        names.append(page.locator("#name").inner_text())
        page.keyboard.press(key)
        expect(page.locator("#status")).to_have_text(f"{names[-1]} {words}.")
    expect(page.locator("#progress-words")).to_have_text("3 of 4, 1 confirmed")
    page.keyboard.press("u")
    expect(page.locator("#name")).to_have_text(names[-1])
    page.fill("#reviewer", "y n s u")  # keys in a field are text
    page.click("#write")
    expect(page.locator("#status")).to_contain_text("2 new images and 0 corrected labels")
    with (tmp_path / "labels.csv").open(newline="") as file:
        written = {row["image_name"]: row[MINE] for row in csv.DictReader(file)}
    assert (written[names[0]], written[names[1]], names[2] in written) == ("1", "0", False)


def test_a_hostile_name_is_text_and_the_images_load(tab):
    page = tab()
    for _ in range(3):
        before = page.locator("#name").inner_text()
        if HOSTILE[1] in before:
            break
        page.click("#skip")
        expect(page.locator("#name")).not_to_have_text(before)
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.locator("#near img").count() == 1
    assert page.evaluate("document.querySelectorAll('main script').length") == 0


ELSEWHERE = """async ([image, token]) => {
  const headers = { "x-review-token": token, "content-type": "application/json" };
  const { candidates } = await (await fetch("/api/queue", { headers })).json();
  const { number } = candidates.find((candidate) => candidate.image === image);
  const body = JSON.stringify({ number, decision: "confirm", reviewer: "ann", seen: 0 });
  await fetch("/api/decide", { method: "POST", headers, body });
}"""


def test_two_tabs_look_at_different_images_and_a_conflict_is_shown_until_it_is_settled(tab):
    one, two = tab(), tab()
    two.fill("#reviewer", "bob")
    two.locator("#reviewer").blur()
    two.reload()
    two.wait_for_selector("main[aria-busy=false]")
    same = two.locator("#name").inner_text()
    assert same != one.locator("#name").inner_text()
    one.evaluate(ELSEWHERE, [same, TOKEN])
    two.click("#reject")
    expect(two.locator("#h-conflicts")).to_have_text("1 in conflict")
    two.click("#h-conflicts")
    expect(two.locator("#conflict-list")).to_contain_text(f"{same}, “{MINE}”: confirmed by ann, rejected by bob")
    two.click("#conflict-list button")
    expect(two.locator("#name")).to_have_text(same)
    two.click("#confirm")
    expect(two.locator("#conflicts")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_needs_no_scrolling_sideways(tab, scheme):
    page = tab(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#confirm").bounding_box()
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 800
