"""The page of the leaderboard: every method of every study, to filter, sort and see."""

import json
import math
from pathlib import Path

import pandas as pd

from benchmarks.leaderboard.collect import column
from benchmarks.leaderboard.tables import with_differences
from tailprobe.groups import LOW_FREQUENCY

_TEMPLATE = Path(__file__).parent / "page.html"
_MARK = "/* rows */ []"
SHOWN = (
    "set", "encoder", "settings", "method", "family", "gain", "difference", "low", "high", "verdict",
    "decisions_difference", "calibration_difference", "calibration_verdict", "argmax_gain", "recall", "seconds",
)  # fmt: skip


def page(methods: pd.DataFrame) -> str:
    """Return the page as one HTML file that loads nothing."""
    table = with_differences(methods)
    table["settings"] = ["tuned" if tuned else "default" for tuned in table["tuned"]]
    table["family"] = table["family"].str.removesuffix(" + recipe")  # a tuned method's own family
    table["recall"] = table[column("recall@0.5", LOW_FREQUENCY)]
    rows = [[_plain(value) for value in row] for row in table[list(SHOWN)].itertuples(index=False)]
    data = json.dumps([list(SHOWN), *rows], separators=(",", ":")).replace("<", "\\u003c")
    return _TEMPLATE.read_text(encoding="utf-8").replace(_MARK, data)


def _plain(value: object) -> str | float | None:
    """Return a number to four digits, a text, or None for NaN."""
    if isinstance(value, str):
        return value
    number = float(str(value)) if value is not None else float("nan")
    return None if math.isnan(number) else round(number, 4)
