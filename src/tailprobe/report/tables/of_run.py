"""The tables of a finished run."""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from tailprobe.comparison.cost import cost_table
from tailprobe.comparison.lacking import lacking_table
from tailprobe.report.references import references
from tailprobe.report.tables.plain import plain
from tailprobe.report.tables.printed import PrintedTable
from tailprobe.report.tables.summary import printed_summary, summary
from tailprobe.report.tables.verdicts import printed_verdicts
from tailprobe.report.tables.write import Table
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title
from tailprobe.scores.threshold_table import threshold_table

_CAPTIONS = MappingProxyType({
    "averages": "{metric} of each method on the groups of classes, test images of {name}: mean and standard deviation "
    "(SD) over the seeds, and the mean difference from the baseline of the same seed.",
    "classes": "The classes of {name} and their images; the parts are those of the first seed.",
    "methods": "The methods that were compared on {name}, and the rows that an epoch draws, mean over the seeds.",
    "costs": "What a head of each method costs to train on {name}: mean over the seeds; relative: to the baseline's.",
    "thresholds": "Thresholds found on validation images of {name}: mean and standard deviation (SD) over the seeds.",
    "lacking": "What would settle each answer on {name} that stayed open: more seeds or more labelled images, either "
    "of which is enough.",
})  # fmt: skip
_BY = MappingProxyType({
    "averages": ("encoder", "method"), "thresholds": ("encoder", "method", "rule"), "lacking": ("encoder", "classes"),
})  # fmt: skip


def run_tables(run: Run) -> dict[str, Table]:
    """Return the tables that people print, by name: the summary, verdicts, averages, classes, methods, costs, ..."""
    averages, methods = run.table(), _methods(run)
    printed = {
        "averages": averages[averages["is_group"]].drop(columns=["part", "is_group", "pairs"]),
        "methods": methods.drop(columns=["position", "baseline", "arguments", "link", "no_op", "identical_ranking"]),
    }
    printed["classes"] = _without_repeated_counts(run.classes)
    data = {"averages": averages, "classes": run.classes, "methods": methods}
    data |= {"costs": cost_table(run.histories, run.plans), "thresholds": threshold_table(run.results)}
    if run.verdicts is None:
        return _plain(data, printed, run)
    data["lacking"] = lacking_table(run.verdicts, run.classes, block=run.seed_block)
    printed["lacking"] = data["lacking"].drop(columns=["margin", "seeds"])
    printed["lacking"] = printed["lacking"].rename(columns={"class_name": "classes"})
    compared = {
        "summary": Table(summary(run), printed_summary(run)),
        "verdicts": Table(run.verdicts, printed_verdicts(run)),
    }
    return compared | _plain(data, printed, run)


def _plain(data: Mapping[str, pd.DataFrame], printed: Mapping[str, pd.DataFrame], run: Run) -> dict[str, Table]:
    title = metric_title(run.study.metric)
    words = {"metric": f"{title[:1].upper()}{title[1:]}", "name": run.name}
    shown = {name: _without_one_encoder(printed.get(name, table), run) for name, table in data.items()}
    captions = {name: _CAPTIONS[name].format(**words) for name in data}
    captions["averages"] = f"{captions['averages']} {references(run.baselines, run.methods[0])}".strip()
    return {name: Table(table, _printed(name, shown[name], captions[name])) for name, table in data.items()}


def _without_one_encoder(table: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Leave out a column that would say the same in every row."""
    return table.drop(columns="encoder", errors="ignore") if len(run.encoders) == 1 else table


def _printed(name: str, table: pd.DataFrame, caption: str) -> PrintedTable:
    sections = [column for column in _BY.get(name, ()) if column in table.columns]
    return plain(table, caption=caption, label=f"tab:{name}", by=sections)


def _without_repeated_counts(classes: pd.DataFrame) -> pd.DataFrame:
    """Leave out how many labels are not known where all are, and groups where each is one image."""
    plain_counts = {"unknown": 0, "groups": classes["count"]}
    same = [name for name, value in plain_counts.items() if name in classes and (classes[name] == value).all()]
    return classes.drop(columns=same)


def _methods(run: Run) -> pd.DataFrame:
    sizes = ["rows", "distinct_images", "synthetic_rows"]
    plans = run.plans.drop_duplicates(["encoder", "method", "seed"])
    rows = plans.groupby("method", sort=False)[sizes].mean().reset_index()
    return run.method_table.merge(rows, on="method", how="left")
