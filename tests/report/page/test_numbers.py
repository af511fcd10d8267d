"""A number of the page has the digits that the tables and the terminal print of it."""

import numpy as np
import pytest

from made_run import changed, made_run
from tailprobe.report.page import write_page
from tailprobe.report.page.numbers import short_for_json
from tailprobe.report.tables.markdown import markdown
from tailprobe.report.tables.summary import printed_summary

RNG = np.random.default_rng(0)
# Where rounding twice goes wrong: just below and above a half of the third decimal, and on it.
NEAR = np.round(RNG.uniform(-1, 1, 400), 3) + 0.0005 * RNG.choice([-1, 1], 400) + RNG.choice([-1, 1], 400) * 4e-5
HALVES = np.arange(-31, 32) / 32
VALUES = np.concatenate([NEAR, HALVES, RNG.uniform(-1, 1, 400)]).tolist()


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_what_is_sent_is_printed_as_the_whole_number_is(digits: int) -> None:
    sent = short_for_json(VALUES)
    assert [f"{value:.{digits}f}" for value in sent] == [f"{value:.{digits}f}" for value in VALUES]
    assert sum(len(repr(value)) <= 7 for value in sent) > len(VALUES) / 3  # most of the others are short


def test_the_answer_has_the_digits_of_the_table_for_papers(watched, tmp_path) -> None:
    run = made_run(tmp_path / "run", classes=["a", "b", "c", "d"], methods=6)
    of_methods = dict(zip(run.methods[1:], (0.0625, 0.12346, -0.03453, 0.1875, -0.41254), strict=True))
    difference = run.verdicts["method"].astype(str).map(of_methods).astype(float)
    run = changed(run, verdicts=run.verdicts.assign(difference=difference))
    page = watched.open(write_page([run], tmp_path / "report.html"))
    printed = [text.split()[0] for text in page.locator("#forest td.value").all_inner_texts()]
    assert printed == ["+0.062", "+0.123", "−0.035", "+0.188", "−0.413"]
    rows = markdown(printed_summary(run)).split("low-frequency classes")[-1].splitlines()[2:7]
    assert [row.split("|")[4].strip() for row in rows] == printed
