"""How much the scores of a class go with its company: pairs of a positive and a negative image, by the companion.

    aligned      a positive with the companion against a negative without it: the company helps
    conflicting  a positive without the companion against a negative with it: the company misleads
    within       both with it, or both without it: the company says nothing; the mean of the two

Each is the probability that the positive's score is higher (ties count half), an area under the ROC curve of a part of
the images. Reliance is aligned less conflicting: 0 where scores do not depend on the companion given the class.
"""

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

NAMES = ("reliance", "within", "aligned", "conflicting")


def pair_scores(
    carried: Bool[np.ndarray, " T"], company: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]
) -> tuple[Float[np.ndarray, " 4"], Float[np.ndarray, "4 T"]]:
    """Return the four numbers of `NAMES` and each image's influence on them; NaN and 0 where a cell has no image."""
    aligned, conflicting = (
        _auc(carried & company, ~carried & ~company, scores),
        _auc(carried & ~company, ~carried & company, scores),
    )
    with_it = _auc(carried & company, ~carried & company, scores)
    without = _auc(carried & ~company, ~carried & ~company, scores)
    pairs = [
        (aligned[0] - conflicting[0], aligned[1] - conflicting[1]),
        ((with_it[0] + without[0]) / 2, (with_it[1] + without[1]) / 2),
        aligned,
        conflicting,
    ]
    values = np.array([value for value, _ in pairs])
    influence = np.stack([of_images for _, of_images in pairs])
    return values, np.where(np.isnan(values)[:, None], 0.0, influence)


def _auc(
    positive: Bool[np.ndarray, " T"], negative: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]
) -> tuple[float, Float[np.ndarray, " T"]]:
    """Return the probability that a positive's score is above a negative's, and each image's influence on it.

    The influence of a positive is (the share of negatives below it, less the area) / positives, of a negative the same
    the other way round, each scaled by n / (n - 1) to the delete-one jackknife's.

    Source:
        DeLong, DeLong and Clarke-Pearson, Biometrics 1988.
    """
    n, m = int(positive.sum()), int(negative.sum())
    influence = np.zeros(len(scores))
    if not n or not m:
        return float("nan"), influence
    high, low = scores[positive].astype(np.float64), scores[negative].astype(np.float64)
    ranks = rankdata(np.concatenate([high, low]))
    above = (ranks[:n] - rankdata(high)) / m  # share of the negatives below each positive
    below = 1 - (ranks[n:] - rankdata(low)) / n  # share of the positives above each negative
    area = float(above.mean())
    influence[positive] = (above - area) / max(n - 1, 1)
    influence[negative] = (below - area) / max(m - 1, 1)
    return area, influence
