"""Further results of a run: the trend over a method's argument, and which methods may be the best."""

from types import MappingProxyType
from typing import Any

import pandas as pd

from tailprobe.comparison.best import IS_BEST, MAY_BE_BEST, NOT_BEST
from tailprobe.comparison.description import signed
from tailprobe.report.page.numbers import short_for_json
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_MOST_NAMED = 6


def trends_and_best(run: Run) -> list[dict[str, Any]]:
    """Return the trends, then the comparison with the best, each with its `encoder`, `sentence` and `picture`.

    The figure of a trend has one point per dose, with the interval of the method there, and the change along the line;
    that of a comparison with the best has one interval per method. Numbers are null if they are not known.
    """
    trends = [] if run.trends is None else run.trends.to_dict("records")
    found = [_entry(row["encoder"], _trend(pd.Series(row)), _dose_points(run, row)) for row in trends]
    if run.best is None:
        return found
    by_encoder = run.best.groupby(run.best["encoder"].astype(str), sort=False)
    return found + [_entry(encoder, _best(rows), _distances(rows)) for encoder, rows in by_encoder]


def _entry(encoder: object, sentence: str, picture: dict[str, Any]) -> dict[str, Any]:
    return {"encoder": str(encoder), "sentence": sentence, "picture": picture}


def _dose_points(run: Run, trend: dict[Any, Any]) -> dict[str, Any]:
    """Return what the figure of a trend shows; its points are the rows that the trend is a sum of."""
    assert run.verdicts is not None  # trends are of what was tested
    table = run.verdicts
    rows = table[
        table["encoder"].astype(str).eq(str(trend["encoder"]))
        & table["is_group"]
        & table["class_name"].astype(str).eq(str(trend["class_name"]))
    ]
    points = rows.assign(method=rows["method"].astype(str)).set_index("method").reindex(list(trend["methods"]))
    columns = {"difference": "difference", "low": "simultaneous_low", "high": "simultaneous_high"}
    return {
        "kind": "trend",
        "name": f"{trend['argument']} of {trend['name']}",
        "methods": list(trend["methods"]),
        "doses": [float(dose) for dose in trend["doses"]],
        "change": short_for_json(trend["difference"]),
        **{name: short_for_json(points[column]) for name, column in columns.items()},
    }


def _distances(rows: pd.DataFrame) -> dict[str, Any]:
    """Return what the figure of the comparison with the best shows."""
    return {
        "kind": "best",
        "methods": rows["method"].astype(str).tolist(),
        "verdicts": rows["verdict"].astype(str).tolist(),
        **{name: short_for_json(rows[column]) for name, column in _OF_BEST.items()},
    }


_OF_BEST = MappingProxyType({"difference": "distance", "low": "low", "high": "high"})


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
