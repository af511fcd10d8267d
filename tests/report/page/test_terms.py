"""Terms are explained where they stand, from docs/terms.md."""

import importlib.util
from pathlib import Path

import pytest

from made_run import made_run
from tailprobe.report.page import write_page

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return write_page([made_run(folder, classes=["forest", "river", "road", "mine"])], folder / "report.html")


def test_the_page_has_the_terms_of_the_documentation() -> None:
    spec = importlib.util.spec_from_file_location("terms", ROOT / "tools" / "terms.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text(encoding="utf-8") == tool.document(), "write it again: python tools/terms.py"
    assert {"names": ["study"]} | {"meaning": tool.terms()[0]["meaning"]} == tool.terms()[0]
    assert all("](" not in term["meaning"] for term in tool.terms())


def test_a_term_says_what_it_means_and_leads_to_the_list(watched, path) -> None:
    page = watched.open(path)
    term = page.locator("#caption-answer a.term", has_text="simultaneous interval")
    assert term.get_attribute("title").startswith("the same for all methods at once")
    assert page.locator("#glossary").get_attribute("open") is None
    term.click()
    assert page.locator(term.get_attribute("href")).inner_text() == "simultaneous interval"
    assert page.locator("#terms").is_visible()


def test_the_statistics_are_a_short_paragraph_with_the_rest_folded(watched, path) -> None:
    page = watched.open(path)
    assert page.inner_text("#statistics-short").startswith("3 seeds, all methods paired by seed.")
    assert page.locator("#statistics-lines").is_hidden()
