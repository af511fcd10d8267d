"""Semantic deduplication: of images with the same labels and very similar embeddings one is kept."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_sets import label_sets

_BLOCK = 256  # rows whose cosines are taken at once


@method(
    "deduplicate",
    family="selection",
    needs={"embeddings"},
    source="Abbas et al. 2023, SemDeDup, section 3 (arXiv:2303.09540), within label sets instead of clusters",
    cites=("abbas2023",),
    formula="images left out whose cosine to a kept image of the same labels > similarity",
    example="deduplicate(0.95)",
)
def deduplicate(train: TrainingSet, similarity: float = 0.95) -> TrainingPlan:
    """Drop an image if its cosine to a kept image of the same labels is above `similarity`.

    Cosines are of embeddings minus the mean of the training rows. Images are visited from the farthest from the mean
    of its label set to the nearest, so that the least typical of several copies is kept, as in the paper. If nothing is
    dropped, it is the baseline.

    Assumptions:
        Near copies add nothing to one another.

    When it helps:
        Frequent classes hold bursts of one scene.

    Traps:
        Rare classes lose copies as well; how similar copies are depends on the encoder: see `tailprobe inspect` before
        choosing a number.

    Args:
        train: the training part.
        similarity: 0 to 1.

    Raises:
        InputError: a similarity outside that range.
    """
    check_range(similarity, 0, 1, what="deduplicate: similarity")
    rows = np.asarray(train.embeddings, np.float32)
    rows = rows - rows.mean(axis=0)
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    kept = np.zeros(len(train), bool)
    for members in label_sets(train.labels.matrix):
        kept[members] = without_copies(unit[members], similarity)
    return TrainingPlan((Stage(np.flatnonzero(kept)),))


def without_copies(unit: Float[np.ndarray, "n D"], similarity: float) -> Bool[np.ndarray, " n"]:
    """Return (n,) bool, which rows stay; rows are visited in ascending order of their similarity to the mean."""
    kept, copy = np.zeros(len(unit), bool), np.zeros(len(unit), bool)
    order = np.argsort(unit @ unit.mean(axis=0), kind="stable")
    for first in range(0, len(order), _BLOCK):
        block = order[first : first + _BLOCK]
        block = block[~copy[block]]
        for row, similar in zip(block, unit[block] @ unit.T > similarity, strict=True):
            if not copy[row]:
                kept[row] = True
                copy |= similar
    return kept
