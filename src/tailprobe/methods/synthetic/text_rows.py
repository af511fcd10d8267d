"""Class names as training rows: the embedded name of a class is one more image of it."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.discriminant import class_means
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.synthetic.add_rows import with_rows


@method(
    "text_rows",
    family="synthetic",
    needs={"embeddings", "text"},
    source="cross-modal adaptation of Lin et al., CVPR 2023, section 3 (arXiv:2301.06267), centred as in Liang et al., "
    "NeurIPS 2022 (arXiv:2203.02053)",
    cites=("lin2023", "liang2022"),
    formula="rows m + r (t_c - mean t) labelled c, m the mean of class means, r the ratio of mean lengths around both "
    "means",
    example="text_rows(10)",
    measured=False,
)
def text_rows(train: TrainingSet, copies: int = 5) -> TrainingPlan:
    """Add the embedded name of every class as a training row of it, moved to where the images lie.

    Names lie apart from images. So both are centred, the names by their mean, the images by the mean of the class
    means, and the names are stretched to the mean length of class means. Under single-label data a name is a negative
    of all other classes; under multi-label data it says nothing of them, and these terms have weight 0.

    Assumptions:
        Around their centres names and images are arranged alike.

    When it helps:
        Rare classes have a handful of images: a name counts as `copies` of them, whatever the class.

    Traps:
        Without centring a head learns to tell texts from images. The comparison in the authors' first code had a
        baseline that started at the names as well: compare with the plain baseline.

    Args:
        train: the training part.
        copies: how often an epoch draws each name, 1 to 10,000.

    Raises:
        InputError: copies outside that range.
    """
    check_range(copies, 1, 10_000, what="text_rows: copies")
    classes = len(train.labels.classes)
    moved = towards_images(train.class_text, np.asarray(train.embeddings, np.float64), train.labels.matrix)
    made = np.repeat(np.arange(classes), copies)
    plan = with_rows(train, [moved[made]], [np.eye(classes, dtype=bool)[made]])
    if train.labels.kind == "single-label":
        return plan
    weights = np.concatenate([np.ones((len(train), classes)), np.eye(classes)[made]])
    return replace(plan, stages=tuple(replace(stage, row_weights=weights) for stage in plan.stages))


def towards_images(
    text: Float[np.ndarray, "C D"], vectors: Float[np.ndarray, "T D"], labels: np.ndarray
) -> Float[np.ndarray, "C D"]:
    """Return the embedded names where images of their classes would lie.

    >>> towards_images(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[9.0, 0.0], [5.0, 4.0]]), np.eye(2, dtype=bool))
    array([[9., 0.],
           [5., 4.]])
    """
    means = class_means(vectors, labels)[labels.any(axis=0)]
    centre, around = means.mean(axis=0), text - text.mean(axis=0)
    length = np.linalg.norm(around, axis=1).mean()
    stretch = np.linalg.norm(means - centre, axis=1).mean() / length if length > 0 else 0.0
    return centre + stretch * around
