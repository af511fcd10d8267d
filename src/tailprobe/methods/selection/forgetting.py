"""Forgetting events: keep the images that training gets right and then wrong again."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes, lowest
from tailprobe.methods.selection.dynamics import probabilities_by_epoch

Rows = Int[np.ndarray, " _"]


@method(
    "forgetting",
    family="selection",
    needs={"embeddings"},
    source="Toneva et al., ICLR 2019, section 3 (arXiv:1812.05159), after every epoch instead of every batch",
    cites=("toneva2019",),
    formula="rows_c = min(n_c, count), those that went most often from right to wrong in training",
    example="forgetting(low-frequency)",
)
def forgetting(train: TrainingSet, count: int | CountRule = "low-frequency", *, epochs: int = 20) -> TrainingPlan:
    """Cut every class down to a count, dropping first the images that a linear head never forgets.

    A forgetting event is an epoch after which an image is wrong that was right before. Images that are never right rank
    as forgotten most often, as in the paper. Right: the most probable class is the image's own; for multi-label images
    all classes are on their side of 0.5. Ties go to the image of the higher mean error.

    Assumptions:
        Images that are never forgotten are redundant.

    When it helps:
        Frequent classes have many more images than the head needs.

    Traps:
        An image that is never learned may have a wrong label.

    Args:
        train: the training part; the head starts and shuffles at random.
        count: images per class, or a rule, see `resolve_count`.
        epochs: 2 to 200.

    Raises:
        InputError: epochs outside that range, or a count that `resolve_count` refuses.
    """
    check_range(epochs, 2, 200, what="forgetting: epochs")
    score = forgetting_scores(train, epochs)

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        return lowest(-score[members], chosen, number)

    return cut_classes(train, resolve_count(count, train), choose)


def forgetting_scores(train: TrainingSet, epochs: int = 20) -> Float[np.ndarray, " T"]:
    """Return (T,) how often each row is forgotten, plus its mean error as a fraction below 1."""
    labels, p = train.labels.matrix, probabilities_by_epoch(train, epochs)
    single = train.labels.kind == "single-label"
    right = p.argmax(axis=2) == labels.argmax(axis=1) if single else ((p > 0.5) == labels).all(axis=2)  # (E, T)
    error = np.linalg.norm(p - labels, axis=2).mean(axis=0) / (1 + np.sqrt(labels.shape[1]))  # below 1
    return np.asarray(events(right) + error)


def events(right: Bool[np.ndarray, "E T"]) -> Float[np.ndarray, " T"]:
    """Return (T,) float64, how often each row goes from right to wrong; E, the epochs, for rows that are never right.

    >>> events(np.array([[True, False], [False, False], [True, False], [False, False]])).tolist()
    [2.0, 4.0]
    """
    forgotten = (right[:-1] & ~right[1:]).sum(axis=0).astype(np.float64)
    return np.where(right.any(axis=0), forgotten, len(right))
