"""Gaussian clouds: noise around the images of a class, the wider the rarer it is."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.synthetic.add_rows import with_rows


@method(
    "gaussian_cloud",
    family="synthetic",
    needs={"embeddings"},
    source="Li, Cheung and Lu, CVPR 2022, for the size of clouds (arXiv:2305.11733), which are here in the embedding "
    "and there in the logits",
    cites=("li2022",),
    formula="x + strength s r_c e, e normal, s the deviations of the embeddings, "
    "r_c = log(n_max / n_c) / log(n_max / n_min)",
    example="gaussian_cloud(0.5)",
)
def gaussian_cloud(train: TrainingSet, strength: float = 0.3, copies: int = 1) -> TrainingPlan:
    """Add noisy copies of the images of every class but the most frequent, with noise by the rarity of the class.

    Noise is normal, with a standard deviation in each dimension of strength times r times that of the training
    embeddings; r goes from 0 for the most frequent class to 1 for the rarest. An image of several classes has the noise
    of its rarest one.

    Assumptions:
        Rare classes spread more widely than their few images show, and in every direction alike.

    When it helps:
        The head overfits the few images of rare classes.

    Traps:
        The published gain came with mixup beside it in more than one implementation. Noise in every dimension leaves
        the region of real images where embeddings are wide: try small strengths.

    Args:
        train: the training part; noise is drawn at random.
        strength: 0 to 10; 0 gives copies without noise.
        copies: 1 to 100 of each image.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(strength, 0, 10, what="gaussian_cloud: strength")
    check_range(copies, 1, 100, what="gaussian_cloud: copies")
    labels = train.labels.matrix
    of_row = np.where(labels, rarity(train.labels.counts), 0).max(axis=1, initial=0)
    rows = np.repeat(np.flatnonzero(of_row > 0), copies)
    spread = np.asarray(train.embeddings, np.float64).std(axis=0)
    noise = train.rng.standard_normal((len(rows), len(spread)))
    vectors = train.embeddings[rows] + strength * of_row[rows, None] * spread * noise
    return with_rows(train, [vectors], [labels[rows]])


def rarity(counts: Int[np.ndarray, " C"]) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, from 0 for the most frequent class to 1 for the rarest; 0 for all where they are equal.

    >>> rarity(np.array([100, 10, 1, 0]))
    array([0. , 0.5, 1. , 0. ])
    """
    present = counts[counts > 0]
    if not len(present) or present.min() == present.max():
        return np.zeros(len(counts))
    logs = np.log(present.max() / np.maximum(counts, 1)) / np.log(present.max() / present.min())
    return np.where(counts > 0, logs, 0.0)
