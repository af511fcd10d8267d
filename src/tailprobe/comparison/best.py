"""The winner against every other method: Hsu's multiple comparisons with the best.

Tests against the baseline do not say whether the best of several methods is better than the second best. For each arm
j, the baseline among them, the intervals bound theta_j - max_{i != j} theta_i, all at once:

    upper_j = max(0, min_{i != j} (d_ji + c_j s_ji)),   d_ji = mean_j - mean_i with standard error s_ji
    lower_j = 0 if no other arm has an upper end above 0, else min(0, min_{i in G, i != j} (d_ji - c_i s_ji)),
    G the arms with an upper end above 0

An arm whose upper end is 0 is not the best; one whose lower end is 0 is. c_j is the one-sided critical value of the
joint comparisons of all others with j, taken on the scale of p-values as in `min_p`.

Source:
    Hsu, Simultaneous confidence intervals for all distances from the best, Annals of Statistics 1981; Edwards and Hsu,
    Multiple comparisons with the best treatment, JASA 1983, for unequal variances and correlations.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats
from scipy.special import ndtr

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate
from tailprobe.comparison.joint import joint_correlation
from tailprobe.comparison.words import MIN_SEEDS
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.randomness import generator
from tailprobe.scores.metric import lower_is_better

BEST, LEVEL = "best", 0.05
COLUMNS = ("encoder", "method", "class_name", "metric", "distance", "low", "high", "question", "level", "verdict")
IS_BEST, MAY_BE_BEST, NOT_BEST = "best", "may be best", "not best"
_DRAWS = 20_000


class Distances(NamedTuple):
    """Of each of A arms, how much better it is than the best of the others: estimate and simultaneous interval."""

    distance: Float[np.ndarray, " A"]
    low: Float[np.ndarray, " A"]  # at most 0
    high: Float[np.ndarray, " A"]  # 0 or more


def distances_from_best(
    mean: Float[np.ndarray, " A"],
    covariance: Float[np.ndarray, "A A"],
    df: Float[np.ndarray, " A"],
    *,
    level: float,
    jointly: bool = True,
) -> Distances:
    """Compare each of A arms with the best of the others; more is better.

    Args:
        covariance: of the means.
        df: degrees of freedom of each mean; a pair has those of the lesser.
        level: the chance that any interval fails.
        jointly: by the joint distribution that the covariance gives; else by Bonferroni's method.
    """
    arms = np.arange(len(mean))
    difference = mean[:, None] - mean
    variance = np.diag(covariance)
    error = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
    reach = np.zeros_like(error)  # [j, i]: c_j s_ji
    for j in range(len(mean)):
        others = arms != j
        one_sided = _critical_level(covariance, j, level) if jointly else level / max(len(arms) - 1, 1)
        reach[j, others] = stats.t.isf(one_sided, np.minimum(df[j], df[others])) * error[j, others]
    away = ~np.eye(len(arms), dtype=bool)
    high = np.maximum(np.where(away, difference + reach, np.inf).min(axis=1), 0)
    contenders = high > 0
    rivals = away & contenders  # [j, i]
    low = np.where(rivals, difference - reach.T, np.inf).min(axis=1)
    low = np.where(rivals.any(axis=1), np.minimum(low, 0), 0)
    return Distances(np.where(away, difference, np.inf).min(axis=1), low, high)


def best_table(
    contrasts: Sequence[Contrasts],
    estimates: Sequence[Estimate],
    grouping: Grouping,
    *,
    metric: str,
    baseline: str,
    left_out: Collection[str] = (),
) -> pd.DataFrame:
    """Compare the methods of each encoder, the baseline among them, on the low-frequency classes.

    Args:
        contrasts, estimates: of differences from one baseline.
        left_out: methods that were not tested, as those that give the baseline's heads or ranking: nothing is better
            than its own copy.

    Returns:
        A row for each encoder and arm, with the columns `COLUMNS`; none where no method is left. `distance` is how much
        better it is than the best of the others.
    """
    frames = [
        _of_encoder(c, e, grouping.column(LOW_FREQUENCY), metric, baseline, left_out)
        for c, e in zip(contrasts, estimates, strict=True)
        if len(c.joint.values) >= MIN_SEEDS and not set(c.methods) <= set(left_out)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _of_encoder(
    c: Contrasts, e: Estimate, column: int, metric: str, baseline: str, left_out: Collection[str]
) -> pd.DataFrame:
    known = np.flatnonzero(~np.isnan(e.standard_error[:, column]) & ~np.isin(c.methods, list(left_out)))
    error = e.standard_error[known, column]
    correlation = joint_correlation([c.joint_differences(LOW_FREQUENCY, known)])
    of_methods = np.outer(error, error) * (np.eye(len(known)) if correlation is None else correlation)
    covariance = np.zeros((len(known) + 1, len(known) + 1))  # the baseline, 0 away from itself, is the first
    covariance[1:, 1:] = of_methods
    sign = -1 if lower_is_better(metric) else 1
    found = distances_from_best(
        np.append(0, sign * e.mean[known, column]),
        covariance,
        np.append(np.inf, e.df[known, column]),
        level=LEVEL,
        jointly=correlation is not None,
    )
    words = np.select([found.low >= 0, found.high <= 0], [IS_BEST, NOT_BEST], MAY_BE_BEST)
    frame = pd.DataFrame({"method": [baseline, *(c.methods[m] for m in known)], **found._asdict(), "verdict": words})
    return frame.assign(encoder=c.encoder, class_name=LOW_FREQUENCY, metric=metric, question=BEST, level=LEVEL)[
        list(COLUMNS)
    ]


def _critical_level(covariance: Float[np.ndarray, "A A"], j: int, level: float) -> float:
    """Return the one-sided level of each comparison with arm j at which all of them hold at once."""
    others = np.arange(len(covariance)) != j
    contrast = -np.eye(len(covariance))[others]
    contrast[:, j] = 1
    of_pairs = contrast @ covariance @ contrast.T
    deviation = np.sqrt(np.maximum(np.diag(of_pairs), 0))
    known = deviation > 0
    if not known.any():
        return level
    values, vectors = np.linalg.eigh(of_pairs[np.ix_(known, known)] / np.outer(deviation[known], deviation[known]))
    root = (vectors * np.sqrt(np.maximum(values, 0))).T
    largest = (generator(0, "best").standard_normal((_DRAWS, len(root))) @ root).max(axis=1)
    return float(np.clip(ndtr(-np.quantile(largest, 1 - level)), level / known.sum(), level))
