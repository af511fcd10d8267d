"""The verdicts in the terminal."""

import io
import re

import pandas as pd
import pytest
from rich.console import Console

from tailprobe.report.verdict_table import verdict_table

NAMES = {"low-frequency": "primary", "remaining": "cost"}


def frame(rows: list[tuple], *, below_margin: bool = False, provisional: bool = False) -> pd.DataFrame:
    ends = ["simultaneous_low", "simultaneous_high"]
    columns = ["encoder", "method", "class_name", "is_group", "difference", *ends, "verdict"]
    table = pd.DataFrame(rows, columns=columns).assign(metric="average_precision", low=-0.5, high=0.5, margin=0.02)
    table = table.assign(compared_with="baseline", baseline=0.6, value=0.6 + table["difference"])
    table["question"] = table["class_name"].map(NAMES).where(table["is_group"], "classes").fillna("")
    table.loc[table["verdict"] == "", "question"] = ""
    table["level"] = table["question"].map({"primary": 0.04, "cost": 0.01, "classes": 0.05})
    table["critical_level"] = table["level"].where(table["simultaneous_low"].notna()) / 8
    return table.assign(below_margin=below_margin, provisional=provisional)


def printed(rows: list[tuple], methods: list[str], *, width: int = 80, own: float = 0.5, **marked: bool) -> str:
    stream, table = io.StringIO(), frame(rows, **marked).assign(low=-own, high=own)
    shown = verdict_table(table, methods=methods, encoders=list(table["encoder"].unique()), width=width)
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
    low, remaining = (line.split() for line in lines if line.startswith("oversample("))
    assert low == ["oversample(largest)", "71.3", "+11", "(+0.8,", "+22)", "improves"]
    assert remaining == ["oversample(largest)", "58.5", "−1.5", "(−2.6,", "−0.4)", "practically", "equal"]
    assert all(len(line) <= 80 for line in lines)


def test_the_baseline_has_its_mean_and_no_verdict() -> None:
    lines = printed(LONG, ["baseline", "oversample(largest)"]).splitlines()
    assert [line.split() for line in lines if line.startswith("baseline")] == [["baseline", "60.0"]] * 2


@pytest.mark.parametrize("width", [80, 120])
def test_names_are_whole_at_common_widths(width: int) -> None:
    name = "undersample(low-frequency)"
    rows = [("clip", name, group, True, -0.037, -0.068, 0.047, "identical ranking") for group in NAMES]
    lines = printed(rows, ["baseline", name], width=width).splitlines()
    assert "…" not in "".join(lines)
    assert [line.split()[0] for line in lines if name in line] == [name] * (2 if width == 80 else 1)
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_name_of_an_encoder_takes_nothing_from_the_columns(width: int) -> None:
    encoders = ("fused(efficientnet_lite0, descriptors)", "clip")
    rows = [(encoder, "knn", group, True, -0.037, -0.168, 0.147, "identical ranking") for encoder in encoders
            for group in NAMES]  # fmt: skip
    text = printed(rows, ["baseline", "knn"], width=width)
    assert "…" not in text
    assert text.count("−3.7 (−17, +15)") == text.count("identical ranking") == 4
    assert "fused(efficientnet_lite0," in text
    assert all(len(line) <= width for line in text.splitlines())


def test_only_verdicts_have_colours_and_none_where_the_user_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    table = verdict_table(frame(LONG), methods=["oversample(largest)"], encoders=["clip"])
    stream = io.StringIO()
    Console(file=stream, width=80, force_terminal=True, color_system="standard").print(table)
    assert re.findall(r"\x1b\[3[12]m([^\x1b]*)", stream.getvalue()) == ["improves".ljust(17)]
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    Console(file=stream, width=80, force_terminal=True).print(table)
    assert not re.search(r"\x1b\[3\d", stream.getvalue())


def test_a_wide_terminal_has_a_method_on_one_line() -> None:
    lines = printed(LONG, ["oversample(largest)"], width=120).splitlines()
    row = next(line for line in lines if line.startswith("oversample(largest)"))
    assert row.split()[-2:] == ["practically", "equal"]


def test_the_questions_stand_under_the_table_with_their_levels() -> None:
    words = " ".join(printed(LONG, ["oversample(largest)"]).split())
    assert "low-frequency classes: one comparison tested at .04 (96% interval); remaining classes: one" in words
    assert "single classes: 3 comparisons tested jointly at .05 (95% simultaneous intervals)" in words
    assert "Single classes, over all methods: 1 improves, 1 worsens, 0 not tested." in words
    assert "practically equal: within ±2%" in words


def test_a_provisional_verdict_is_said_to_be_one() -> None:
    row = ("clip", "a", "low-frequency", True, 0.1, 0.05, 0.15, "improves")
    one_group = printed([row], ["a"], provisional=True, width=80).split()
    assert one_group[one_group.index("improves,") + 1] == "provisional"
    assert "provisional" in printed([row], ["a"], provisional=True, width=120)


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
    rows = [("clip", "reweight(2)", "remaining", True, 0.01, -0.1, 0.1, "inconclusive")]
    text = printed(rows, ["reweight(2)"], width=120)
    assert "–" in next(line for line in text.splitlines() if line.startswith("reweight(2)"))


def test_no_heading_stands_over_a_group_without_classes() -> None:
    text = printed(LONG[:1], ["baseline", "oversample(largest)"])
    assert "low-frequency classes" in text.partition("comparison")[0]
    assert "remaining classes" not in text


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


def test_a_method_that_is_compared_with_another_baseline_says_so() -> None:
    table = frame(
        [("clip", name, "low-frequency", True, 0.1, 0.0, 0.2, "improves") for name in ("ldam", "reweight(2)")]
    )
    table.loc[table["method"] == "ldam", "compared_with"] = "softmax"
    stream = io.StringIO()
    shown = verdict_table(table, methods=["baseline", "ldam", "reweight(2)"], encoders=["clip"], width=80)
    Console(file=stream, width=80).print(shown)
    assert "Compared with softmax, not with baseline: ldam." in stream.getvalue()


def test_a_difference_without_an_interval_stands_alone() -> None:
    nothing = float("nan")
    text = printed([("clip", "a", "low-frequency", True, -0.013, nothing, nothing, "not tested")], ["a"], own=nothing)
    line = next(line for line in text.splitlines() if line.startswith("a "))
    assert line.split()[-3:] == ["−1.3", "not", "tested"]
