"""More threshold rules: for all classes together, by cost, by a wanted precision; and the optimism of a rule.

As in `thresholds.py`, an image is predicted where its score is above the threshold, and labels are the validation
part's.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.thresholds import Rule, decide

_NEVER = np.inf
# The utility of decisions, (C,), given labels and decisions, (N, C).
Utility = Callable[[Bool[np.ndarray, "N C"], Bool[np.ndarray, "N C"]], Float[np.ndarray, " C"]]


def tune_global_f_beta(
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    known: Bool[np.ndarray, "N C"] | None = None,
    *,
    beta: float = 2.0,
) -> Float[np.ndarray, " C"]:
    """Return the one threshold that maximises the mean F-beta over the classes, the highest of equally good ones.

    Args:
        labels, scores: (N, C); scores are probabilities.
        known: (N, C), which labels are known; each class's F is over those images. None: all.
        beta: above 0.

    Returns:
        (C,) float64, the same everywhere; NaN throughout if no class has positives.

    Raises:
        InputError: a score is not finite, or there are no images.
    """
    ranked = rank(labels, scores, known)
    counts = np.ones_like(labels) if known is None else known
    carried = ranked.support > 0
    if not carried.any():
        return np.full(labels.shape[1], np.nan)
    # A class's F changes at each of its images' scores. In descending order of the scores of all classes together, the
    # sum of F changes by that class's difference at each of them.
    order = np.argsort(-scores.astype(np.float64), axis=0, kind="stable")
    falling = np.take_along_axis(scores.astype(np.float64), order, axis=0)[:, carried]
    hits = np.cumsum(np.take_along_axis(labels & counts, order, axis=0), axis=0)[:, carried]
    predicted = np.cumsum(np.take_along_axis(counts, order, axis=0), axis=0)[:, carried]
    f = (1 + beta**2) * hits / (predicted + beta**2 * ranked.support[carried])
    gain = np.diff(f, axis=0, prepend=0).ravel()
    value = falling.ravel()
    walk = np.argsort(-value, kind="stable")
    value, total = value[walk], np.cumsum(gain[walk])
    last = np.flatnonzero(np.append(value[1:] != value[:-1], True))
    best = last[np.flatnonzero(total[last] >= total[last].max() - 1e-12)[0]]
    lower = value[best + 1] if best + 1 < len(value) else value[best] - 1
    return np.full(labels.shape[1], _between(float(lower), float(value[best])))


def tune_cost(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, missed: float, false_alarm: float
) -> Float[np.ndarray, " C"]:
    """Return the threshold of each class with the lowest cost of errors; of equal ones the highest.

    Args:
        labels, scores: (N, C); scores are probabilities.
        missed: cost of a positive that is not predicted.
        false_alarm: cost of a negative that is.

    Returns:
        (C,) float64, infinity where predicting nothing is cheapest; NaN for a class without positives.

    Raises:
        InputError: a cost is negative or both are 0, a score is not finite, or there are no images.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> tune_cost(labels, np.array([[0.8], [0.6], [0.4], [0.2]]), missed=5, false_alarm=1).round(3)
    array([0.3])
    """
    if missed < 0 or false_alarm < 0 or missed + false_alarm == 0:
        raise InputError(f"costs of {missed} and {false_alarm}: expected 0 or more each, and not both 0")
    ranked = rank(labels, scores)
    saved = missed * ranked.true_positives - false_alarm * (
        ranked.predicted_positives - ranked.true_positives
    )  # against predicting nothing
    return _at_best(ranked, saved.astype(np.float64), at_least=np.zeros(labels.shape[1]))


def tune_precision(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, wanted: float
) -> Float[np.ndarray, " C"]:
    """Return the threshold of each class with the highest recall at a precision of `wanted` or more.

    Args:
        labels, scores: (N, C); scores are probabilities.
        wanted: in (0, 1], the precision on these images; on new images it is a little lower.

    Returns:
        (C,) float64, infinity if no threshold reaches it; NaN for a class without positives.

    Raises:
        InputError: `wanted` is outside (0, 1], a score is not finite, or there are no images.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> tune_precision(labels, np.array([[0.8], [0.6], [0.4], [0.2]]), wanted=0.6).round(3)
    array([0.3])
    """
    if not 0 < wanted <= 1:
        raise InputError(f"wanted = {wanted}: expected above 0 and up to 1")
    ranked = rank(labels, scores)
    reached = ranked.true_positives >= wanted * ranked.predicted_positives - 1e-9
    return _at_best(ranked, np.where(reached, ranked.true_positives, -1.0), at_least=np.zeros(labels.shape[1]))


def optimism(
    rule: Rule,
    *,
    validation: tuple[Bool[np.ndarray, "V C"], Float[np.ndarray, "V C"]],
    test: tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]],
    utility: Utility,
) -> Float[np.ndarray, " C"]:
    """Return how much the utility on the test part gains when the thresholds are tuned on the test part itself.

    By so much a report on the part that was tuned on (as the paper's) is too high.

    Args:
        rule: returns thresholds, given labels and scores.
        validation, test: labels and scores, (N, C).
        utility: of decisions, by class, such as the F that the rule maximises.

    Returns:
        (C,) float64; NaN where either has no threshold or the test part no positives.
    """
    honest, tuned = (rule(*part) for part in (validation, test))
    return gain(*test, honest=honest, tuned=tuned, utility=utility)


def gain(
    labels: Bool[np.ndarray, "T C"],
    scores: Float[np.ndarray, "T C"],
    *,
    honest: Float[np.ndarray, " C"],
    tuned: Float[np.ndarray, " C"],
    utility: Utility,
) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, the utility with `tuned` thresholds minus that with `honest` ones; NaN where one is NaN."""
    of_honest, of_tuned = (utility(labels, decide(scores, thresholds)) for thresholds in (honest, tuned))
    return np.where(np.isnan(honest) | np.isnan(tuned), np.nan, of_tuned - of_honest)


def _at_best(
    ranked: RankedPositives, values: Float[np.ndarray, " G"], *, at_least: Float[np.ndarray, " C"]
) -> Float[np.ndarray, " C"]:
    """Return the threshold of each class's first step with the highest value above `at_least`; infinity without one."""
    thresholds = np.where(ranked.support > 0, _NEVER, np.nan)
    best = at_least.copy()
    for g in np.flatnonzero(values > at_least[ranked.class_index]):
        c = ranked.class_index[g]
        if values[g] > best[c]:
            best[c] = values[g]
            lower = float(ranked.next_score[g])
            score = float(ranked.score[g])
            thresholds[c] = _between(score - 1 if np.isnan(lower) else lower, score)
    return thresholds


def _between(lower: float, upper: float) -> float:
    middle = lower + (upper - lower) / 2
    return middle if middle < upper else lower
