"""Semantic deduplication: of images of the same labels that lie very close together, one is kept."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_sets import label_sets


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

    Cosines are of embeddings less the mean of the training rows. Images are looked at from the one farthest from the
    mean of its label set to the nearest, so that of a group the least typical stays, as in the paper. Helps where
    frequent classes hold bursts of one scene; rare classes lose copies, too. Where it drops nothing it is the
    baseline.

    Trap: how similar copies are depends on the encoder; see what `tailprobe inspect` finds before choosing a number.

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
    """Say which rows stay, those least like the mean looked at first."""
    kept, copy = np.zeros(len(unit), bool), np.zeros(len(unit), bool)
    for row in np.argsort(unit @ unit.mean(axis=0), kind="stable"):
        if not copy[row]:
            kept[row] = True
            copy |= unit @ unit[row] > similarity
    return kept
