"""The answer as one table for the terminal: what each method reaches and changes, and the verdict on it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from tailprobe.comparison.convergence import verdict_in_words
from tailprobe.comparison.description import signed
from tailprobe.comparison.question import CLASSES
from tailprobe.comparison.words import IMPROVES, NOT_TESTED, WORSENS
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.report.questions import questions_tested
from tailprobe.report.references import references
from tailprobe.report.text import shown, whole_name
from tailprobe.scores.metric import metric_title

_SHOWN = (LOW_FREQUENCY, REMAINING)
_COLOURS = {IMPROVES: "green", WORSENS: "red"}
_WIDE = 116  # terminal columns from which both groups are shown side by side
_GROUP = 43  # letters of a group: mean 4, interval 18, the longest verdict 17, spaces
_WORDS = 17  # letters of the longest verdict
_MIN_NAME = 15


def verdict_table(
    verdicts: pd.DataFrame,
    *,
    methods: Sequence[str],
    encoders: Sequence[str],
    remarks: Mapping[str, str] = MappingProxyType({}),
    width: int = 80,
) -> Table:
    """Return what each method reaches and changes in both groups of classes, in percent, and the verdicts' words.

    The groups are side by side in a wide terminal, else one below the other. The interval is the simultaneous one,
    which the verdict is drawn from; for untested differences that of the single row. Classes that were tested, as a
    question of their own, are counted under the table. Only verdicts have colours.

    Args:
        verdicts: columns encoder, method, class_name, is_group, metric, baseline, value, difference, low, high,
            simultaneous_low, simultaneous_high, verdict, below_margin, provisional, question, level, critical_level,
            margin.
        methods: in the order to show them; of the baseline, which has no verdict, the mean is shown.
        remarks: by method, what is to be known of it, under the table.
        width: columns of the terminal, 80 or more; names and headings that do not fit are wrapped.
    """
    wide = width >= _WIDE
    groups = [_SHOWN] if wide else [(group,) for group in _SHOWN]
    table = _empty(verdicts, side_by_side=len(groups[0]))
    letters = max(_MIN_NAME, width - 2 - len(groups[0]) * _GROUP)
    for encoder in encoders:
        of_encoder = verdicts[verdicts["encoder"].astype(str) == encoder]
        for together in groups:
            rows = [(method, [c for g in together for c in _cells(of_encoder, method, g)]) for method in methods]
            known = [(method, cells) for method, cells in rows if any(cell.plain.strip("–") for cell in cells)]
            titles = ([encoder] if len(encoders) > 1 else []) + ([] if wide else [f"{together[0]} classes"])
            if titles and known:  # no heading over a group that no class belongs to
                table.add_row(Text(whole_name(": ".join(titles), letters), style="bold"))
            for method, cells in known:
                table.add_row(Text(whole_name(method, letters)), *cells)
            table.add_section()
    table.caption = Text(_caption(verdicts, methods, remarks), style="dim")
    return table


def _empty(verdicts: pd.DataFrame, *, side_by_side: int) -> Table:
    look = {"padding": (0, 1, 0, 0), "show_edge": False, "pad_edge": False}
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", **look)  # type: ignore[arg-type]
    title = metric_title(str(verdicts["metric"].iloc[0]))
    table.title = Text(f"{title[:1].upper()}{shown(title[1:], 60)} in %, and what each method changes", style="bold")
    table.add_column("method", no_wrap=True)
    for group in _SHOWN[:side_by_side]:
        table.add_column("mean", justify="right", no_wrap=True)
        table.add_column(group if side_by_side > 1 else "difference", justify="right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
    return table


def _caption(verdicts: pd.DataFrame, methods: Sequence[str], remarks: Mapping[str, str]) -> str:
    questions = questions_tested(verdicts)
    lines = [f"{'; '.join(q.sentence for q in questions)}." if questions else "Nothing was tested."]
    if questions:
        lines.append("Intervals are simultaneous: they hold for all of a question's comparisons at once.")
    if any(question.name == CLASSES for question in questions):
        single = verdicts[~verdicts["is_group"]]
        counts = [f"{(single['verdict'] == word).sum():,} {word}" for word in (IMPROVES, WORSENS, NOT_TESTED)]
        lines.append(f"Single classes, over all methods: {', '.join(counts)}.")
    compared = verdicts.drop_duplicates("method")
    named = dict(zip(compared["method"].astype(str), compared["compared_with"].astype(str), strict=True))
    lines += [sentence] if (sentence := references(named, methods[0])) else []
    lines.append(f"practically equal: within ±{100 * float(verdicts['margin'].iloc[0]):g}%.")
    lines += [f"{shown(method, 60)}: {shown(remarks[method], 200)}" for method in methods if method in remarks]
    return "\n".join(lines)


def _cells(verdicts: pd.DataFrame, method: str, group: str) -> list[Text]:
    rows = verdicts[verdicts["is_group"] & (verdicts["class_name"].astype(str) == group)]
    own = rows[rows["method"].astype(str) == method]
    if own.empty:
        beside = rows.loc[rows["compared_with"].astype(str) == method, "baseline"]
        return [Text(_mean(beside.iloc[0]) if len(beside) else "–"), Text(""), Text("")]
    row = own.iloc[0]
    low, high = ("low", "high") if pd.isna(row["simultaneous_low"]) else ("simultaneous_low", "simultaneous_high")
    interval = "" if pd.isna(row[low]) else f" ({_percent(row[low])}, {_percent(row[high])})"
    difference = f"{_percent(row['difference'])}{interval}"
    verdict = whole_name(verdict_in_words(row), _WORDS)
    return [Text(_mean(row["value"])), Text(difference), Text(verdict, style=_COLOURS.get(str(row["verdict"]), ""))]


def _mean(value: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:.1f}"


def _percent(value: float) -> str:
    if pd.isna(value):
        return "–"
    return signed(100 * value, 0 if abs(value) >= 0.0995 else 1)
