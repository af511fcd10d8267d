"""The summary table: what each method reaches and changes, on the rare classes, the others and all."""

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np
import pandas as pd

from tailprobe.groups import ALL, LOW_FREQUENCY, REMAINING
from tailprobe.report.questions import confidence_levels
from tailprobe.report.references import references
from tailprobe.report.tables.printed import MISSING, Cell, Column, PrintedTable, Row, Section
from tailprobe.runs.run import Run
from tailprobe.scores.metric import lower_is_better, metric_title

COLUMNS = (
    "encoder", "method", "compared_with", "class_name", "metric", "mean", "mean_low", "mean_high", "difference",
    "difference_low", "difference_high", "simultaneous", "question", "verdict", "best", "seeds",
)  # fmt: skip
_GROUPS = (LOW_FREQUENCY, REMAINING, ALL)
_TITLES = MappingProxyType({ALL: "all classes", LOW_FREQUENCY: "low-frequency classes", REMAINING: "remaining classes"})
_DIGITS = 3


def summary(run: Run) -> pd.DataFrame:
    """Return a row for each encoder, group of classes and method, the baseline first, with `COLUMNS`.

    mean_low and mean_high are the 95% interval of the mean. difference_low
    and difference_high are the simultaneous interval that the verdict is drawn from where `simultaneous` says so, else
    the 95% interval of the single row. `best` marks the best mean of an encoder and group, to as many decimals as are
    printed.

    Raises:
        ValueError: no method of the run was compared.
    """
    if run.verdicts is None:
        raise ValueError("a run without verdicts has no summary")
    metric = str(run.verdicts["metric"].iloc[0])
    means = _means(run, metric)
    judged = run.verdicts[run.verdicts["is_group"]].set_index(["encoder", "method", "class_name"])
    rows = [
        _row(encoder, method, group, means[encoder, method, group], judged) | {"metric": metric}
        for encoder in run.encoders
        for group in _GROUPS
        for method in run.methods
        if (encoder, method, group) in means
    ]
    return _with_best(pd.DataFrame(rows), lower=lower_is_better(metric))[list(COLUMNS)]


def printed_summary(run: Run) -> PrintedTable:
    """Return the summary as it is printed: a section for each encoder and group of classes, the best mean in bold."""
    table = summary(run)
    return PrintedTable(_PRINTED, tuple(_sections(table, run)), _caption(table, run), "tab:summary")


_PRINTED = (
    Column("method"),
    Column("mean", "number", _DIGITS),
    Column("95% interval", "interval", _DIGITS),
    Column("difference", "number", _DIGITS, signed=True),
    Column("interval", "interval", _DIGITS, signed=True),
    Column("verdict"),
)


def _means(run: Run, metric: str) -> dict[tuple[str, str, str], float]:
    """Return the mean over seeds of every encoder, method and group."""
    table = run.table(metric=metric)
    groups = table[table["is_group"]]
    keys = groups[["encoder", "method", "class_name"]].astype(str).itertuples(index=False, name=None)
    return dict(zip(keys, groups["mean"].astype(float), strict=True))


def _row(encoder: str, method: str, group: str, mean: float, judged: pd.DataFrame) -> dict[str, object]:
    row: dict[str, object] = {"encoder": encoder, "method": method, "class_name": group, "mean": mean}
    if (encoder, method, group) not in judged.index:
        return row | _of_baseline(encoder, method, group, judged)
    found = judged.xs((encoder, method, group))
    joint = bool(pd.notna(found["simultaneous_low"]))
    low, high = ("simultaneous_low", "simultaneous_high") if joint else ("low", "high")
    return row | {
        "mean_low": found["value_low"],
        "mean_high": found["value_high"],
        "compared_with": str(found["compared_with"]),
        "difference": found["difference"],
        "difference_low": found[low],
        "difference_high": found[high],
        "simultaneous": joint,
        "question": found["question"],
        "verdict": str(found["verdict"]) + (" below the margin" if found["below_margin"] else ""),
        "seeds": found["seeds"],
    }


def _of_baseline(encoder: str, method: str, group: str, judged: pd.DataFrame) -> dict[str, object]:
    """Return what the methods' verdicts say of the baseline that they are compared with."""
    beside = judged[judged["compared_with"].astype(str) == method]
    there = ((beside.index.get_level_values(0) == encoder) & (beside.index.get_level_values(2) == group)).any()
    found = beside.xs((encoder, group), level=("encoder", "class_name")).iloc[0] if there else {}
    low, high = found.get("baseline_low", np.nan), found.get("baseline_high", np.nan)
    return {
        "compared_with": "", "mean_low": low, "mean_high": high, "simultaneous": False, "question": "", "verdict": "",
    }  # fmt: skip


def _with_best(table: pd.DataFrame, *, lower: bool) -> pd.DataFrame:
    """Mark the best mean of each encoder and group; those that look the same in print are equally bold."""
    values = (-table["mean"] if lower else table["mean"]).round(_DIGITS)
    best = values.groupby([table["encoder"], table["class_name"]]).transform("max")
    seeds = table["seeds"].max()
    return table.assign(best=(values == best).to_numpy(), seeds=table["seeds"].fillna(seeds).astype("int64"))


def _sections(table: pd.DataFrame, run: Run) -> Iterator[Section]:
    for encoder in run.encoders:
        for group in _GROUPS:
            rows = table[(table["encoder"] == encoder) & (table["class_name"] == group)]
            if len(rows):
                title = _TITLES[group] if len(run.encoders) == 1 else f"{encoder}: {_TITLES[group]}"
                yield Section(title, tuple(_cells(row) for _, row in rows.iterrows()))


def _cells(row: "pd.Series[float]") -> Row:
    compared = pd.notna(row["difference"])
    word = str(row["verdict"]) or (MISSING if compared else "")
    return (
        Cell(str(row["method"])),
        Cell(float(row["mean"]), bold=bool(row["best"])),
        Cell((float(row["mean_low"]), float(row["mean_high"]))),
        Cell(float(row["difference"])),
        Cell((float(row["difference_low"]), float(row["difference_high"]))),
        Cell(word),
    )


def _caption(table: pd.DataFrame, run: Run) -> str:
    title = metric_title(str(table["metric"].iloc[0]))
    encoder = f", encoder {run.encoders[0]}" if len(run.encoders) == 1 else ""
    seeds = int(np.asarray(table["seeds"]).max())
    levels = f" ({found})" if run.verdicts is not None and (found := confidence_levels(run.verdicts)) else ""
    averaged = "one seed" if seeds == 1 else f"the mean of {seeds} seeds"
    return (
        f"{title[:1].upper()}{title[1:]} on the test images of {run.name}{encoder}: {averaged} with its 95% interval, "
        "and the difference from the baseline of the same seed. The interval of a difference is "
        f"simultaneous{levels}, so that it holds for all comparisons of its question at once, if a verdict is "
        "given; otherwise it is the 95% interval of that single difference. Bold: the best mean, "
        "which by itself shows nothing. "
        f"{references(run.baselines, run.methods[0])}"
    ).strip()
