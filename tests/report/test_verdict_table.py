"""The verdicts in the terminal."""

import io
import re

import pandas as pd
import pytest
from rich.console import Console

from tailprobe.report.verdict_table import verdict_table


def printed(
    rows: list[tuple], methods: list[str], *, width: int = 80, below_margin: bool = False, provisional: bool = False
) -> str:
    ends = ["simultaneous_low", "simultaneous_high"]
    columns = ["encoder", "method", "class_name", "is_group", "difference", *ends, "verdict"]
    table = pd.DataFrame(rows, columns=columns).assign(metric="average_precision", low=-0.5, high=0.5, margin=0.02)
    names = {"low-frequency": "primary", "remaining": "cost"}
    table["question"] = table["class_name"].map(names).where(table["is_group"], "classes").fillna("")
    table.loc[table["verdict"] == "", "question"] = ""
    table["level"] = table["question"].map({"primary": 0.04, "cost": 0.01, "classes": 0.05})
    table["critical_level"] = table["level"].where(table["simultaneous_low"].notna()) / 8
    table["below_margin"], table["provisional"] = below_margin, provisional
    stream = io.StringIO()
    shown = verdict_table(table, methods=methods, encoders=["clip"], width=width)
    Console(file=stream, width=width).print(shown)
    return stream.getvalue()


LONG = [
    ("clip", "oversample(largest)", "low-frequency", True, 0.113, 0.008, 0.217, "improves"),
    ("clip", "oversample(largest)", "remaining", True, -0.015, -0.026, -0.004, "practically equal"),
    ("clip", "oversample(largest)", "mine", False, 0.3, 0.2, 0.4, "improves"),
    ("clip", "oversample(largest)", "road", False, -0.3, -0.4, -0.2, "worsens"),
    ("clip", "oversample(largest)", "all", False, 0.0, -0.1, 0.1, "underpowered"),  # a class of that name
]


def test_groups_have_their_intervals_and_verdicts_in_the_words_of_the_table() -> None:
    lines = printed(LONG, ["baseline", "oversample(largest)"]).splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("oversample("))
    assert "+11 (+0.8, +22)" in lines[first]
    assert "−1.5 (−2.6, −0.4)" in lines[first]
    assert "improves" in lines[first]
    assert lines[first + 1].split() == ["largest)", "equal"]  # the name is whole, and so is "practically equal"
    assert all(len(line) <= 80 for line in lines)


def test_a_wide_terminal_has_a_method_on_one_line() -> None:
    lines = printed(LONG, ["oversample(largest)"], width=120).splitlines()
    row = next(line for line in lines if line.startswith("oversample(largest)"))
    assert row.split()[-2:] == ["practically", "equal"]


def test_the_questions_stand_under_the_table_with_their_levels() -> None:
    words = " ".join(printed(LONG, ["oversample(largest)"]).split())
    assert "low-frequency classes: one comparison tested at .04; remaining classes: one" in words
    assert "single classes: 3 comparisons tested jointly at .05" in words
    assert "Single classes, over all methods: 1 improves, 1 worsens, 0 not tested." in words
    assert "practically equal: within ±2%" in words


def test_a_provisional_verdict_is_said_to_be_one() -> None:
    row = ("clip", "a", "low-frequency", True, 0.1, 0.05, 0.15, "improves")
    assert re.search(r"improves,\s+provisional", printed([row], ["a"], provisional=True, width=120))


def test_an_effect_below_the_margin_is_said_to_be_one() -> None:
    words = printed([("clip", "a", "low-frequency", True, 0.01, 0.005, 0.015, "improves")], ["a"], below_margin=True)
    assert "below the margin" in " ".join(re.split(r"[ \n]+", words))


@pytest.mark.parametrize("word", ["inconclusive", "underpowered", "identical ranking", "not tested"])
def test_no_verdict_is_shortened_or_cut(word) -> None:
    name, groups = "undersample(low-frequency)", ("low-frequency", "remaining")
    text = printed([("clip", name, group, True, -0.013, -0.053, 0.051, word) for group in groups], [name])
    assert "…" not in text
    assert all(text.count(part) >= 2 for part in word.split())


def test_a_group_without_classes_is_a_dash() -> None:
    text = printed([("clip", "reweight(2)", "remaining", True, 0.01, -0.1, 0.1, "inconclusive")], ["reweight(2)"])
    assert "–" in next(line for line in text.splitlines() if line.startswith("reweight(2)"))


def test_where_no_class_was_tested_none_is_counted() -> None:
    text = printed(
        [
            ("clip", "reweight(2)", "remaining", True, 0.01, -0.1, 0.1, "practically equal"),
            ("clip", "reweight(2)", "mine", False, 0.3, float("nan"), float("nan"), ""),
        ],
        ["reweight(2)"],
    )
    assert "Single classes" not in text


def test_what_was_not_tested_has_the_interval_of_its_row() -> None:
    nan = float("nan")
    text = printed([("clip", "reweight(2)", "remaining", True, 0.01, nan, nan, "no-op")], ["reweight(2)"])
    assert "+1.0 (−50, +50)" in text


def test_what_rounds_to_zero_has_no_sign() -> None:
    text = printed([("clip", "focal(2)", "remaining", True, -0.0001, -0.02, 0.0004, "inconclusive")], ["focal(2)"])
    assert "0.0 (−2.0, 0.0)" in " ".join(text.split())
    assert "−0.0 " not in text


def test_an_identical_ranking_is_said_in_full() -> None:
    text = printed([("clip", "platt(1)", "low-frequency", True, 0.0, 0.0, 0.0, "identical ranking")], ["platt(1)"])
    assert "identical" in text
    assert "ranking" in text
