"""REMEDIAL: images on which rare and frequent classes occur together are split into two rows."""

from typing import Literal

import numpy as np

from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.label_imbalance import minority, scumble


@method(
    "remedial",
    family="synthetic",
    kinds={"multi-label"},
    needs={"embeddings"},
    source="Charte et al., HAIS 2015 (doi:10.1007/978-3-319-19644-2_41); Neurocomputing 2019 "
    "(doi:10.1016/j.neucom.2017.01.118)",
    cites=("charte2015remedial", "charte2019"),
    formula="an image of SCUMBLE above the mean becomes two rows: its frequent classes and its rare classes",
)
def remedial(train: TrainingSet, removed: Literal["masked", "negative"] = "masked") -> TrainingPlan:
    """Split each image of above-mean SCUMBLE into two rows, one with its frequent and one with its rare classes.

    SCUMBLE is high where classes of very different imbalance ratios occur on one image; rare are classes of a ratio
    above the mean. The classes that a row loses are left out of its loss (`masked`) or, as in the paper, count as
    absent (`negative`).

    Assumptions:
        Rare classes are hidden by the frequent classes that they occur with.

    When it helps:
        Rare classes occur mostly on images with frequent ones; before a multi-label resampling.

    Traps:
        With `negative` the two rows contradict each other: the same embedding has the class and does not have it.

    Args:
        train: the training part.
        removed: what becomes of the classes that a row loses.
    """
    matrix = train.labels.matrix
    levels, rare = scumble(matrix), minority(train.labels.counts)
    high = np.flatnonzero(levels > levels.mean())
    if not len(high):
        return TrainingPlan.of(train)
    vectors = np.asarray(train.embeddings[high], np.float32)
    frequent_half, rare_half = matrix[high] & ~rare, matrix[high] & rare
    labels = np.concatenate([matrix[high], matrix[high]] if removed == "masked" else [frequent_half, rare_half])
    given_away = np.concatenate([rare_half, frequent_half])
    rows = np.concatenate([np.setdiff1d(np.arange(len(train)), high), len(train) + np.arange(2 * len(high))])
    weights = np.concatenate([np.ones(matrix.shape), np.where(given_away, 0.0, 1.0)])
    stage = Stage(rows, row_weights=weights if removed == "masked" else None)
    return TrainingPlan((stage,), synthetic=Synthetic(np.concatenate([vectors, vectors]), labels))
