"""The verdicts as a table for the terminal."""

from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from tailprobe.comparison.description import signed
from tailprobe.comparison.words import (
    IMPROVES,
    INCONCLUSIVE,
    NOT_TESTED,
    PRACTICALLY_EQUAL,
    UNDERPOWERED,
    WORSENS,
)
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.report.text import shown

_SHOWN = (LOW_FREQUENCY, REMAINING)
_SHORT = {
    IMPROVES: "better", WORSENS: "worse", PRACTICALLY_EQUAL: "equal", INCONCLUSIVE: "n.s.", UNDERPOWERED: "low n",
    NOT_TESTED: "–",
}  # fmt: skip
_COLOURS = {IMPROVES: "green", WORSENS: "red"}
_CAPTION = (
    "n.s.: inconclusive. equal: within the margin. low n: underpowered. –: not tested. classes: improved/worsened. "
    "Intervals hold for all methods at once, as verdicts do."
)


def verdict_table(verdicts: pd.DataFrame, *, methods: Sequence[str], encoders: Sequence[str]) -> Table:
    """Return the verdict on each method: the groups' differences in percent, their intervals, and counts of classes.

    The interval is the simultaneous one, which the verdict is drawn from; of what was not tested that of the row alone.
    Classes are counted where they were tested. 80 columns wide.

    `n.s.` is "inconclusive", `low n` "underpowered" and `–` "not tested".

    Args:
        verdicts: columns encoder, method, class_name, is_group, metric, difference, low, high, simultaneous_low,
            simultaneous_high, verdict.
        methods: in the order to show them; the baseline, which has no verdict, is left out.
    """
    look = {"padding": (0, 1, 0, 0), "show_edge": False, "pad_edge": False}
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", **look)  # type: ignore[arg-type]
    table.title = Text(f"verdict, difference in {shown(str(verdicts['metric'].iloc[0]), 24)} in %", style="bold")
    table.caption = Text(_CAPTION, style="dim")
    table.add_column("method", no_wrap=True)
    for head in _SHOWN:
        table.add_column(head, justify="right", no_wrap=True)
        table.add_column("")
    with_classes = bool(verdicts.loc[~verdicts["is_group"], "verdict"].isin([IMPROVES, WORSENS]).any())
    if with_classes:
        table.add_column("classes", justify="right")
    for encoder in encoders:
        mine = verdicts[verdicts["encoder"].astype(str) == encoder]
        if len(encoders) > 1:
            table.add_row(Text(shown(encoder, 40), style="bold"))
        for method in methods:
            rows = mine[mine["method"].astype(str) == method]
            if len(rows):
                counts = [_class_counts(rows)] if with_classes else []
                table.add_row(Text(shown(method, 17)), *_cells(rows), *counts)
        table.add_section()
    return table


def _cells(rows: pd.DataFrame) -> list[Text]:
    cells: list[Text] = []
    for group in _SHOWN:
        found = rows[rows["is_group"] & (rows["class_name"].astype(str) == group)]
        if found.empty:
            cells += [Text("–"), Text("")]
            continue
        row = found.iloc[0]
        low, high = ("low", "high") if pd.isna(row["simultaneous_low"]) else ("simultaneous_low", "simultaneous_high")
        span = f"{_percent(row['difference'])} ({_percent(row[low])}, {_percent(row[high])})"
        cells += [
            Text(span),
            Text(_SHORT.get(row["verdict"], shown(str(row["verdict"]), 9)), style=_COLOURS.get(row["verdict"], "")),
        ]
    return cells


def _class_counts(rows: pd.DataFrame) -> Text:
    single = rows.loc[~rows["is_group"], "verdict"]
    return Text(f"{(single == IMPROVES).sum()}/{(single == WORSENS).sum()}")


def _percent(value: float) -> str:
    if pd.isna(value):
        return "–"
    return signed(100 * value, 0 if abs(value) >= 0.0995 else 1)
