"""Names that others chose run nothing, break nothing, and are shown as they are."""

from dataclasses import replace

import pytest

from made_run import changed, made_run
from tailprobe.report.page import write_page

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
    "$1$ %{x}",
    "",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = made_run(tmp_path_factory.mktemp("run"), classes=HOSTILE[:-1])
    return changed(made, name=HOSTILE[1])  # no path has such a name, but a heading must bear it


def test_hostile_names_run_nothing_break_nothing_and_are_shown_as_they_are(watched, run, tmp_path):
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert page.title().startswith("tailprobe: </script>")
    assert HOSTILE[1] in page.inner_text("h1")
    assert HOSTILE[0] in page.text_content("#table-parts")
    for view in ("map", "intervals", "bars", "table"):
        page.check(f"input[value={view}]")
        watched.settled()
    assert "$1$ %{x}" in page.text_content("#plot-distribution")
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("svg a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_every_hostile_class_can_be_found_by_its_name(watched, run, tmp_path):
    page = watched.open_table(write_page([run], tmp_path / "report.html"))
    page.select_option("#method", "1")
    for name in (HOSTILE[0], HOSTILE[2], HOSTILE[5], HOSTILE[6], HOSTILE[8], HOSTILE[10]):
        page.fill("#search", name)
        assert page.locator("#table-classes tbody td.name bdi").all_text_contents() == [name]


def test_right_to_left_text_turns_nothing_around_it(watched, run, tmp_path):
    page = watched.open(write_page([run], tmp_path / "report.html"))
    page.check("input[value=intervals]")
    watched.settled()
    labels = page.locator("#plot-classes .ytick text").all_text_contents()
    turned = next(label for label in labels if "right to left" in label)
    assert turned.startswith("\u2068")
    assert turned[turned.index("\u2069") :].endswith(")")  # the count stands outside the isolate


def test_a_sentence_or_setting_in_markup_is_text(watched, run, tmp_path):
    said = replace(run.conclusion, headline=HOSTILE[4], sentence=HOSTILE[2], settle=HOSTILE[0])
    advice = replace(run.recommendation, statistics=(HOSTILE[0],), conclusion=said)
    hostile = changed(run, recommendation=advice, settings=HOSTILE[1], repeat=HOSTILE[4])
    page = watched.open(write_page([hostile], tmp_path / "report.html"))
    assert page.inner_text("#headline") == HOSTILE[4]
    assert page.inner_text("#sentence") == HOSTILE[2]
    assert page.inner_text("#settle") == HOSTILE[0]
    assert page.text_content("#settings") == HOSTILE[1]
    assert page.text_content("#statistics-lines li") == HOSTILE[0]


def test_the_policy_lets_no_other_program_run(watched, run, tmp_path):
    page = watched.page
    page.goto(write_page([run], tmp_path / "report.html").as_uri())
    watched.settled()
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.taken = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.taken") is None
    assert any("Content Security Policy" in line for line in watched.complaints)
    watched.complaints.clear()
