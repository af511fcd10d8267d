"""TrainingPlan: what a remedy asks of the trainer."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.labels import Labels


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """Which training rows one epoch draws, and what each term of their loss weighs.

    The loss term of row i and class c weighs `row_weights[i] * (positive_weights[c] if it carries c else
    negative_weights[c])`; weights of None are 1. The term itself is binary cross-entropy, times the probability that
    the head gives to the wrong side to the power `positive_focus` or `negative_focus`. `TrainingPlan(np.arange(N))` is
    the baseline.

    Raises:
        ValueError: a weight or focus that is negative or not finite, or a negative row.
    """

    rows: Int[np.ndarray, " M"]  # positions among the N training rows, repeats kept; shuffled anew in each epoch
    row_weights: Float[np.ndarray, " N"] | None = None  # by training row, not by draw
    positive_weights: Float[np.ndarray, " C"] | None = None
    negative_weights: Float[np.ndarray, " C"] | None = None
    weigh_batches: bool = False  # the mean loss of a batch is multiplied by the mean row weight, rows are not weighed
    positive_focus: float = 0.0  # gamma of the terms of classes that a row carries
    negative_focus: float = 0.0  # and of those it does not
    threshold: int | None = None  # the count a resampling aimed at, for the report
    epoch_rows: int | None = None  # rows an epoch draws, where that is not all of them once

    @property
    def drawn(self) -> int:
        """Rows that one epoch draws."""
        return len(self.rows) if self.epoch_rows is None else self.epoch_rows

    @property
    def focused(self) -> bool:
        """Whether the loss is another than binary cross-entropy."""
        return self.positive_focus > 0 or self.negative_focus > 0

    def __post_init__(self) -> None:
        for weights in (self.row_weights, self.positive_weights, self.negative_weights):
            if weights is not None and not (np.isfinite(weights).all() and (weights >= 0).all()):
                raise ValueError("loss weights must be finite and not negative")
        if not all(0 <= gamma < np.inf for gamma in (self.positive_focus, self.negative_focus)):
            raise ValueError("a loss is focused by a finite power of at least 0")
        if not len(self.rows) or self.rows.min() < 0:
            raise ValueError("a plan draws at least one row, and none below 0")
        if self.drawn < 1:
            raise ValueError("an epoch draws at least one row")

    def loss_weights(self, labels: Bool[np.ndarray, "B C"], rows: Int[np.ndarray, " B"]) -> Float[np.ndarray, "B C"]:
        """Return (B, C) float32 weights of the loss terms of the training rows `rows`, which carry `labels`."""
        weights = np.ones(labels.shape, dtype=np.float32)
        if self.positive_weights is not None:
            weights *= np.where(labels, self.positive_weights, 1)
        if self.negative_weights is not None:
            weights *= np.where(labels, 1, self.negative_weights)
        if self.row_weights is None:
            return weights
        factors = self.row_weights[rows].astype(np.float32)
        return weights * (factors.mean() if self.weigh_batches else factors[:, None])


@dataclass(frozen=True, eq=False)
class PlanSummary:
    """What a plan does to the training data."""

    rows: int  # drawn an epoch
    distinct_images: int
    counts: Int[np.ndarray, " C"]  # of all the plan's rows once, those that carry each class
    threshold: int | None


def summarise_plan(plan: TrainingPlan, labels: Labels) -> PlanSummary:
    """Count what `plan` draws from the training rows with `labels`.

    >>> labels = Labels.from_tags([["a"], ["a", "b"]])
    >>> summary = summarise_plan(TrainingPlan(rows=np.array([0, 1, 1])), labels)
    >>> summary.rows, summary.distinct_images, summary.counts.tolist()
    (3, 2, [3, 2])
    """
    repeats = np.bincount(plan.rows, minlength=len(labels))
    return PlanSummary(
        rows=plan.drawn,
        distinct_images=int((repeats > 0).sum()),
        counts=(repeats @ labels.matrix).astype(np.int64),
        threshold=plan.threshold,
    )
