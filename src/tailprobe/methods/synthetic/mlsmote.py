"""MLSMOTE: SMOTE for multi-label images, the labels of a new row by the vote of its neighbours."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_imbalance import minority
from tailprobe.methods.selection.neighbours import nearest_rows
from tailprobe.methods.synthetic.add_rows import with_rows


@method(
    "mlsmote",
    family="synthetic",
    needs={"embeddings"},
    source="Charte et al., Knowledge-Based Systems 2015, algorithms 1 and 2 (doi:10.1016/j.knosys.2015.07.019), labels "
    "by ranking",
    cites=("charte2015mlsmote",),
    formula="x + u (x' - x), x' a neighbour of x in its class, u uniform in [0, 1]; labels of more than half "
    "of x and its neighbours",
    example="mlsmote(5)",
)
def mlsmote(train: TrainingSet, k: int = 5) -> TrainingPlan:
    """Add one row for every image of every class whose imbalance ratio is above the mean.

    The row lies between the image and a random one of its k nearest neighbours within the class, and carries the
    classes that more than half of the image and these neighbours carry. The imbalance ratio is the count of the most
    frequent class divided by that of the class. So the number of rows of rare classes doubles without all the frequent
    labels in addition.

    Assumptions:
        Between two images of a class lie images of this class.

    When it helps:
        Multi-label images whose rare classes are compact in the embedding.

    Traps:
        A popular Python port assigns labels differently from the paper; rare labels that few neighbours share are voted
        out. A class of one image has no neighbour and gets no row.

    Args:
        train: the training part.
        k: neighbours, 1 to 1000; fewer if there are fewer images.

    Raises:
        InputError: k outside that range.
    """
    check_range(k, 1, 1000, what="mlsmote: k")
    matrix = train.labels.matrix
    vectors, labels = [], []
    for c in np.flatnonzero(minority(train.labels.counts)):
        members = np.flatnonzero(matrix[:, c])
        if len(members) > 1:
            made = between(np.asarray(train.embeddings[members], np.float64), matrix[members], k, train.rng)
            vectors.append(made[0])
            labels.append(made[1])
    return with_rows(train, vectors, labels)


def between(
    rows: Float[np.ndarray, "n D"], labels: Bool[np.ndarray, "n C"], k: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n D"], Bool[np.ndarray, "n C"]]:
    """Return a synthetic row for each of one class's rows, and its labels; n must be 2 or more."""
    nearest: Int[np.ndarray, "n K"] = nearest_rows(rows, k)
    partners = nearest[np.arange(len(rows)), rng.integers(nearest.shape[1], size=len(rows))]
    made = rows + rng.random((len(rows), 1)) * (rows[partners] - rows)
    votes = labels + labels[nearest].sum(axis=1)  # of k + 1
    return made, votes > (nearest.shape[1] + 1) / 2
