"""Scores and thresholds of a method averaged over the seeds: each image by heads that were not trained on it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.scores.head_scores import read_head_scores


def mean_scores(
    path: Path, *, encoder: str, method: str, seeds: Sequence[int], images: int, classes: int
) -> Float[np.ndarray, "N C"]:
    """Return each image's mean probability over the seeds in whose test part it is, NaN if it is in none.

    Args:
        path: a run's `scores.parquet`.
        encoder, method: the heads.
        seeds: the repeats.
        images, classes: N and C.
    """
    total, times = np.zeros((images, classes)), np.zeros((images, 1))
    for seed in seeds:
        scores = read_head_scores(path, encoder=encoder, method=method, seed=seed, part="test")
        total[scores.rows] += scores.probabilities()
        times[scores.rows] += 1
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def shown_rule(rules: Sequence[str]) -> str:
    """Return the threshold rule by which images are shown as predicted: "tuned" if it is used, else the first."""
    return "tuned" if "tuned" in rules else rules[0]


def mean_thresholds(
    results: pd.DataFrame, *, encoder: str, method: str, classes: Sequence[str], rule: str
) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, each class's mean threshold over the seeds, NaN if there is none.

    Args:
        results: the tidy table, with the metric `threshold@RULE`.
        encoder, method: the heads.
        classes: the C classes in the order wanted.
        rule: the threshold rule.
    """
    rows = (results["part"] == "test") & (results["metric"] == f"threshold@{rule}") & ~results["is_group"].astype(bool)
    chosen = results[rows & (results["encoder"] == encoder) & (results["method"] == method)]
    means = chosen.groupby(chosen["class_name"].astype(str))["value"].mean()
    return means.reindex(list(classes)).to_numpy(np.float64)
