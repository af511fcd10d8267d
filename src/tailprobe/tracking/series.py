"""The metric series of a run: the scores of each method by seed, and its losses by epoch."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tailprobe.runs.run import Run
from tailprobe.tracking.names import safe_names


@dataclass(frozen=True)
class MetricSeries:
    """The metric series of one method under one encoder; names are valid in trackers, undefined values are left out."""

    encoder: str
    method: str
    scores: dict[str, dict[int, float]]  # "metric/group" and "metric by class/class" on the test part, by seed
    losses: dict[str, list[float]]  # by epoch, mean over the seeds


def metric_series(result: Run) -> list[MetricSeries]:
    """Return the metric series of a run: every metric for the groups, the primary metric for the classes."""
    scores = result.results[result.results["part"] == "test"]
    scores = scores[(scores["is_group"] | (scores["metric"] == result.study.metric)) & scores["value"].notna()]
    keys = ["encoder", "method"]
    labels, metrics = (safe_names(sorted(map(str, scores[key].unique()))) for key in ("class_name", "metric"))
    losses = result.histories.groupby(keys, sort=False, observed=True)
    by_method = scores.groupby(keys, sort=False, observed=True)
    return [
        MetricSeries(
            str(encoder), str(method), _scores(table, labels, metrics), _losses(losses.get_group((encoder, method)))
        )
        for (encoder, method), table in by_method
    ]


def _scores(table: pd.DataFrame, labels: dict[str, str], metrics: dict[str, str]) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    columns = (table[name] for name in ("metric", "class_name", "is_group", "seed", "value"))
    for metric, label, is_group, seed, value in zip(*columns, strict=True):
        of_what = metrics[metric] if is_group else f"{metrics[metric]} by class"
        found.setdefault(f"{of_what}/{labels[label]}", {})[int(seed)] = float(value)
    return found


def _losses(history: pd.DataFrame) -> dict[str, list[float]]:
    means = history.groupby("epoch")[["training_loss", "validation_loss"]].mean()
    return {f"loss/{part}": means[f"{part}_loss"].to_numpy(np.float64).tolist() for part in ("training", "validation")}
