"""What a run answers beside its main question: what more of a method does, and which methods may be the best."""

from typing import Any

import pandas as pd

from tailprobe.comparison.best import IS_BEST, MAY_BE_BEST, NOT_BEST
from tailprobe.comparison.description import signed
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_MOST_NAMED = 6


def further_answers(run: Run) -> list[tuple[str, str]]:
    """Return pairs of an encoder and a sentence: the trends, then the comparison with the best."""
    trends = [] if run.trends is None else run.trends.to_dict("records")
    found = [(str(row["encoder"]), _trend(pd.Series(row))) for row in trends]
    if run.best is None:
        return found
    by_encoder = run.best.groupby(run.best["encoder"].astype(str), sort=False)
    return found + [(str(encoder), _best(rows)) for encoder, rows in by_encoder]


def _trend(row: "pd.Series[Any]") -> str:
    doses = [f"{dose:g}" for dose in row["doses"]]
    interval = f"{signed(row['simultaneous_low'])} to {signed(row['simultaneous_high'])}"
    return (
        f"More of {row['name']}: from {doses[0]} to {doses[-1]} {metric_title(str(row['metric']))} on the "
        f"{row['class_name']} classes changes by {signed(row['difference'])} ({interval}), {row['verdict']}."
    )


def _best(rows: pd.DataFrame) -> str:
    named = {word: rows.loc[rows["verdict"] == word, "method"].astype(str).tolist() for word in _WORDS}
    parts = [f"{_WORDS[word]} {_listed(methods)}" for word, methods in named.items() if methods]
    group = rows["class_name"].iloc[0]
    return f"Methods and baseline against the best of the others, on the {group} classes: {'; '.join(parts)}."


_WORDS = {IS_BEST: "the best is", MAY_BE_BEST: "may be the best:", NOT_BEST: "not the best:"}


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
