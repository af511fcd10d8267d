"""How much less the mean difference varies over collections when test folds rotate, with an interval.

With the variance V between collections, W of one seed within a collection, and B of the mean of a block of five rotated
seeds, the mean of S seeds has the variance

    V + W / S  (independent),    V + B / (S / 5)  (rotated),

and V, W and B are estimated over all collections. The interval is the bootstrap's, over collections.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from benchmarks.power.splits import FOLDS
from tailprobe.comparison.contrasts import Contrasts

BOOTSTRAP = 1_000


def variance_ratios(
    independent: Sequence[Contrasts], rotated: Sequence[Contrasts], column: int, *, seeds: Sequence[int]
) -> list[tuple[int, float, float, float]]:
    """Return for each number of seeds the ratio of variances, rotated over independent, with its 95% interval.

    Args:
        independent, rotated: studies of the same collections, with the most seeds there are.
        column: class or group.
    """
    of_independent, of_rotated = (_differences(studies, column) for studies in (independent, rotated))
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(of_independent), size=len(of_independent)) for _ in range(BOOTSTRAP)]
    found = []
    for number in seeds:
        middle = _ratio(of_independent, of_rotated, number)
        resampled = [_ratio(of_independent[rows], of_rotated[rows], number) for rows in drawn]
        low, high = np.quantile(resampled, [0.025, 0.975])
        found.append((number, middle, float(low), float(high)))
    return found


def _differences(studies: Sequence[Contrasts], column: int) -> Float[np.ndarray, "n M S"]:
    return np.stack([study.differences.per_seed[:, :, column] for study in studies])


def _ratio(independent: Float[np.ndarray, "n M S"], rotated: Float[np.ndarray, "n M S"], seeds: int) -> float:
    """Return the mean over methods of the ratio of variances at a number of seeds."""
    most = independent.shape[2]
    blocks = rotated.reshape(*rotated.shape[:2], most // FOLDS, FOLDS).mean(axis=3)
    of_seed, of_block = (values.var(axis=2, ddof=1).mean(axis=0) for values in (independent, blocks))  # (M,) each
    both = (independent.mean(axis=2) + rotated.mean(axis=2)) / 2
    noise = (of_seed / most + of_block / (most // FOLDS)) / 4
    between = np.maximum(both.var(axis=0, ddof=1) - noise, 0)
    return float(np.mean((between + of_block * FOLDS / seeds) / (between + of_seed / seeds)))
