from benchmarks.leaderboard.collect import stored
from benchmarks.leaderboard.docs import DOCS, PAGE, TEXT, filled
from benchmarks.leaderboard.markdown import blocks
from benchmarks.leaderboard.page import page


def test_the_tables_and_the_page_are_those_that_the_command_makes_of_the_stored_results() -> None:
    methods, seeds = stored()
    text = (DOCS / TEXT).read_text(encoding="utf-8")
    assert filled(text, blocks(methods, seeds)) == text
    assert page(methods) == (DOCS / PAGE).read_text(encoding="utf-8")
