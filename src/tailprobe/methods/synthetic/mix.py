"""Mixtures of two images with labels in proportion, as weighted rows.

Cross-entropy is linear in the labels: the loss of a mixture with the label l y + (1 - l) y' is l times its loss with
y plus 1 - l times its loss with y'. So a mixture is two rows of one vector, with the labels of either image and
weights that add up to 2, the mean weight of a row being 1.
"""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
from tailprobe.learners.training_set import TrainingSet


def mixtures(
    train: TrainingSet,
    first: Int[np.ndarray, " M"],
    second: Int[np.ndarray, " M"],
    of_vectors: Float[np.ndarray, " M"],
    of_labels: Float[np.ndarray, " M"],
) -> TrainingPlan:
    """Return the plan of T mixtures and nothing else; two rows each, of which those of weight 0 are left out.

    Args:
        train: the training part.
        first: (T,) training rows.
        second: (T,) the row each is mixed with.
        of_vectors: (T,) the first one's share of the vector, 0 to 1.
        of_labels: (T,) the first one's share of the label, 0 to 1.
    """
    share = of_vectors[:, None].astype(np.float32)
    mixed = share * train.embeddings[first] + (1 - share) * train.embeddings[second]
    matrix = train.labels.matrix
    made = Synthetic(np.concatenate([mixed, mixed]).astype(np.float32), np.concatenate([matrix[first], matrix[second]]))
    weights = np.concatenate([np.ones(len(train)), 2 * of_labels, 2 * (1 - of_labels)])
    rows = len(train) + np.flatnonzero(weights[len(train) :] > 0)
    return TrainingPlan((Stage(rows, row_weights=weights),), synthetic=made)
