"""The verdicts in the terminal."""

import io

import pandas as pd
from rich.console import Console

from tailprobe.report.verdict_table import verdict_table


def printed(rows: list[tuple], methods: list[str]) -> str:
    ends = ["simultaneous_low", "simultaneous_high"]
    columns = ["encoder", "method", "class_name", "is_group", "difference", *ends, "verdict"]
    table = pd.DataFrame(rows, columns=columns).assign(metric="average_precision", low=-0.5, high=0.5)
    stream = io.StringIO()
    Console(file=stream, width=80).print(verdict_table(table, methods=methods, encoders=["clip"]))
    return stream.getvalue()


def test_groups_have_their_intervals_and_classes_are_counted() -> None:
    method = "oversample(largest)"
    text = printed(
        [
            ("clip", method, "low-frequency", True, 0.113, 0.008, 0.217, "improves"),
            ("clip", method, "remaining", True, -0.015, -0.026, -0.004, "inconclusive"),
            ("clip", method, "mine", False, 0.3, 0.2, 0.4, "improves"),
            ("clip", method, "road", False, -0.3, -0.4, -0.2, "worsens"),
            ("clip", method, "all", False, 0.0, -0.1, 0.1, "underpowered"),  # a class of that name
        ],
        ["baseline", method],
    )
    line = next(line for line in text.splitlines() if line.startswith("oversamp"))
    assert "+11 (+0.8, +22)" in line
    assert "−1.5 (−2.6, −0.4)" in line
    assert line.split()[-1] == "1/1"
    assert all(len(line) <= 80 for line in text.splitlines())


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
    assert "classes" not in text.splitlines()[1]
    assert next(line for line in text.splitlines() if line.startswith("reweight(2)")).split()[-1] == "equal"


def test_what_was_not_tested_has_the_interval_of_its_row() -> None:
    nan = float("nan")
    text = printed([("clip", "reweight(2)", "remaining", True, 0.01, nan, nan, "no-op")], ["reweight(2)"])
    assert "+1.0 (−50, +50)" in text


def test_what_rounds_to_zero_has_no_sign() -> None:
    text = printed([("clip", "focal(2)", "remaining", True, -0.0001, -0.02, 0.0004, "inconclusive")], ["focal(2)"])
    assert "0.0 (−2.0, 0.0)" in " ".join(text.split())
    assert "−0.0 " not in text
