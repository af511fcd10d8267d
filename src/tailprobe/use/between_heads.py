"""How much heads of one method differ in a rate, beyond what the sampling of images explains.

With x_h of n_h for head h, pooled rate p = sum x_h / sum n_h and r_h = x_h / n_h, the variance between heads is by the
method of moments (Kleinman, JASA 1973, with equal weights)

    between = Var(r_h) - p (1 - p) mean(1 / n_h), at least 0

The rate of another head then has the variance p (1 - p) / n + between, that of a proportion of fewer images.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

LEAST_HEADS = 3  # fewer say nothing about a variance
_LEAST_COUNTS = 2.0  # images that a rate is at least worth
Counts = tuple[float, float]


@dataclass(frozen=True)
class Between:
    """Variances between heads; 0 where they are not known."""

    share: float = 0.0  # of the images tagged
    precision: float = 0.0
    recall: float = 0.0


def variance_between(successes: Float64[np.ndarray, " H"], trials: Float64[np.ndarray, " H"]) -> float:
    """Return the variance of a rate between heads; 0 if fewer than `LEAST_HEADS` have a trial.

    >>> variance_between(np.array([2.0, 8.0, 5.0]), np.array([10.0, 10.0, 10.0]))
    0.065
    """
    used = trials > 0
    if used.sum() < LEAST_HEADS:
        return 0.0
    successes, trials = successes[used], trials[used]
    pooled = float(successes.sum() / trials.sum())
    within = pooled * (1 - pooled) * float((1 / trials).mean())
    return max(float((successes / trials).var(ddof=1)) - within, 0.0)


def effective_counts(yes: float, no: float, between: float) -> Counts:
    """Return counts of the same rate whose variance is that of sampling and that between heads together.

    >>> effective_counts(50.0, 50.0, 0.0025)
    (24.5, 24.5)
    """
    if between <= 0 or yes <= 0 or no <= 0:
        return yes, no
    images = yes + no
    rate = yes / images
    variance = rate * (1 - rate)
    number = min(max(variance / (variance / images + between) - 1, _LEAST_COUNTS), images)
    return rate * number, (1 - rate) * number
