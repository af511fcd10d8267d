"""Plans that draw every training row and synthetic rows."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
from tailprobe.learners.training_set import TrainingSet


def with_rows(
    train: TrainingSet,
    vectors: list[Float[np.ndarray, "_ D"]],
    labels: list[Bool[np.ndarray, "_ C"]],
    *,
    target: int | None = None,
) -> TrainingPlan:
    """Return the plan of every training row and the rows given, once each; the baseline's if there are none.

    Args:
        train: the training part.
        vectors: embeddings of the synthetic rows, in one or more arrays.
        labels: their labels, in arrays of the same lengths.
        target: images per class that the method aims at, for the report.
    """
    if not sum(map(len, vectors)):
        return replace(TrainingPlan.of(train), target_count=target)
    rows = np.concatenate([np.asarray(part, np.float32) for part in vectors])
    made = Synthetic(rows, np.concatenate(labels))
    every = np.arange(len(train) + len(made.vectors))
    return TrainingPlan((Stage(every),), synthetic=made, target_count=target)
