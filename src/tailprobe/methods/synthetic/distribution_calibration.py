"""Distribution calibration: rare classes take their covariance from the frequent classes nearest to them."""

import numpy as np
from jaxtyping import Float

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.synthetic.add_rows import with_rows

Lender = tuple[Float[np.ndarray, " D"], Float[np.ndarray, "_ D"]]  # the mean of a frequent class, its centred rows


@method(
    "distribution_calibration",
    family="synthetic",
    kinds={"single-label"},
    needs={"embeddings"},
    source="Yang, Liu and Xu, ICLR 2021, equations 4 to 7 (arXiv:2101.06395), without their power transform",
    cites=("yang2021",),
    formula="rows of Normal((x + m_1 + ... + m_k) / (k + 1), mean of S_1 ... S_k + alpha), of the k frequent "
    "classes nearest to x",
    example="distribution_calibration(largest, 2)",
)
def distribution_calibration(
    train: TrainingSet, count: int | CountRule = "largest", k: int = 2, alpha: float = 0.0
) -> TrainingPlan:
    """Add rows to low-frequency classes, drawn around each image with the covariance of similar frequent classes.

    For an image x of a rare class take the k classes that are not low-frequency and whose means are nearest to x. Rows
    are normal with the mean of x and these k means, and with the mean of their covariances plus alpha in every entry.

    Assumptions:
        Classes that are close together have similar covariances.

    When it helps:
        Rare classes have too few images to show how they vary.

    Traps:
        The paper first takes roots of non-negative features, which embeddings of most encoders are not; its alpha of
        0.21 goes with such features.

    Args:
        train: the training part; each image in turn, rows drawn at random.
        count: rows per class, or a rule, see `resolve_count`.
        k: classes to take covariances from, 1 to 100.
        alpha: 0 to 100.

    Raises:
        InputError: k or alpha outside its range, or a count that `resolve_count` refuses.
    """
    check_range(k, 1, 100, what="distribution_calibration: k")
    check_range(alpha, 0, 100, what="distribution_calibration: alpha")
    target, labels = resolve_count(count, train), train.labels
    counts, classes = labels.counts, np.eye(len(labels.counts), dtype=bool)
    frequent = np.flatnonzero(~train.low_frequency & (counts > 1))
    lenders = [_centred(np.asarray(train.embeddings[labels.matrix[:, c]], np.float64)) for c in frequent]
    vectors, carried = [], []
    for c in np.flatnonzero(train.low_frequency):
        if 0 < counts[c] < target and lenders:
            rows = np.asarray(train.embeddings[labels.matrix[:, c]], np.float64)
            seeds = np.resize(train.rng.permutation(len(rows)), target - counts[c])
            for i, number in zip(*np.unique(seeds, return_counts=True), strict=True):
                vectors.append(_around(rows[i], lenders, int(number), k, alpha, train.rng))
            carried.append(np.tile(classes[c], (len(seeds), 1)))
    return with_rows(train, vectors, carried, target=target)


def _centred(rows: Float[np.ndarray, "n D"]) -> Lender:
    mean = rows.mean(axis=0)
    return mean, rows - mean


def _around(
    x: Float[np.ndarray, " D"],
    lenders: list[Lender],
    number: int,
    k: int,
    alpha: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "S D"]:
    """Return rows of the calibrated normal distribution.

    A covariance X'X / (n - 1) of centred rows X is that of X'z / sqrt(n - 1), z standard normal, so none is formed;
    alpha in every entry is that of one number, added to all dimensions.
    """
    nearest = sorted(lenders, key=lambda lender: float(np.linalg.norm(lender[0] - x)))[:k]
    mean = (x + sum(of_class for of_class, _ in nearest)) / (len(nearest) + 1)
    spread = np.sqrt(alpha) * rng.standard_normal((number, 1))
    for _, rows in nearest:
        z = rng.standard_normal((number, len(rows)))
        spread = spread + z @ rows / np.sqrt((len(rows) - 1) * len(nearest))
    return mean + spread
