"""The verdicts as a table for the terminal."""

from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from tailprobe.comparison.convergence import verdict_in_words
from tailprobe.comparison.description import signed
from tailprobe.comparison.question import CLASSES
from tailprobe.comparison.words import IMPROVES, NOT_TESTED, WORSENS
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.report.questions import asked
from tailprobe.report.text import shown, whole_name
from tailprobe.scores.metric import metric_title

_SHOWN = (LOW_FREQUENCY, REMAINING)
_COLOURS = {IMPROVES: "green", WORSENS: "red"}
_WIDE = 100  # columns from which every verdict stands on one line
_INTERVAL, _WORD, _WORDS = 18, 12, 17  # letters: an interval, the longest word of a verdict, the longest verdict
_MIN_NAME = 15  # what 80 columns leave


def verdict_table(verdicts: pd.DataFrame, *, methods: Sequence[str], encoders: Sequence[str], width: int = 80) -> Table:
    """Return the verdict on each method: the groups' differences in percent, their intervals, and the verdicts' words.

    The interval is the simultaneous one, which the verdict is drawn from; of what was not tested that of the row alone.
    Classes that were tested, as a question of their own, are counted under the table.

    Args:
        verdicts: columns encoder, method, class_name, is_group, metric, difference, low, high, simultaneous_low,
            simultaneous_high, verdict, below_margin, provisional, question, level, critical_level, margin.
        methods: in the order to show them; the baseline, which has no verdict, is left out.
        width: columns of the terminal, 80 or more; names and verdicts that do not fit stand on several lines.
    """
    look = {"padding": (0, 1, 0, 0), "show_edge": False, "pad_edge": False}
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", **look)  # type: ignore[arg-type]
    title = metric_title(str(verdicts["metric"].iloc[0]))
    table.title = Text(f"verdict, difference in {shown(title, 40)} in %", style="bold")
    table.caption = Text(_caption(verdicts), style="dim")
    table.add_column("method", no_wrap=True)
    for head in _SHOWN:
        table.add_column(head, justify="right", no_wrap=True)
        table.add_column("")
    word = _WORDS if width >= _WIDE else _WORD
    letters = max(_MIN_NAME, width - 1 - 2 * (_INTERVAL + word + 2))
    for encoder in encoders:
        of_encoder = verdicts[verdicts["encoder"].astype(str) == encoder]
        if len(encoders) > 1:
            table.add_row(Text(shown(encoder, 40), style="bold"))
        for method in methods:
            rows = of_encoder[of_encoder["method"].astype(str) == method]
            if len(rows):
                table.add_row(Text(whole_name(method, letters)), *_cells(rows, word))
        table.add_section()
    return table


def _caption(verdicts: pd.DataFrame) -> str:
    questions = asked(verdicts)
    lines = [f"{'; '.join(q.sentence for q in questions)}." if questions else "Nothing was tested."]
    if questions:
        lines.append("Intervals are simultaneous: they hold for all of a question's comparisons at once.")
    if any(question.name == CLASSES for question in questions):
        single = verdicts[~verdicts["is_group"]]
        counts = [f"{(single['verdict'] == word).sum():,} {word}" for word in (IMPROVES, WORSENS, NOT_TESTED)]
        lines.append(f"Single classes, over all methods: {', '.join(counts)}.")
    lines.append(f"practically equal: within ±{100 * float(verdicts['margin'].iloc[0]):g}%.")
    return "\n".join(lines)


def _cells(rows: pd.DataFrame, word: int) -> list[Text]:
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
            Text(whole_name(verdict_in_words(row), word), style=_COLOURS.get(str(row["verdict"]), "")),
        ]
    return cells


def _percent(value: float) -> str:
    if pd.isna(value):
        return "–"
    return signed(100 * value, 0 if abs(value) >= 0.0995 else 1)
