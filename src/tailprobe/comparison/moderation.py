"""Variances from few seeds, steadied by one another.

Ten seeds give a variance nine degrees of freedom; at the level a correction for a hundred comparisons asks for, the
t-test then needs half as large again a difference as with the variance known. But the comparisons of a study resemble
each other: the variance of the seeds, over the part of it that the images alone explain (`Spread.image_variance`), is
about the same for classes of like support and for one class under several methods. So each ratio is moved towards what
the others foretell, by as much as they foretell it well, and gains the degrees of freedom that the foretelling is
worth:

    log ratio_mk = trend(log support_k) + class_k + method_m + own_mk + chance

What a class foretells of a method is taken from the differences between all others, the baseline one of them, pair by
pair: these say more than their differences from the baseline alone, which all share its chance.

with the variances of class and own estimated from the study. Where classes differ wildly little is gained and nothing
lost; with one method, only the trend serves.

Source:
    Smyth, Linear models and empirical Bayes methods for assessing differential expression, SAGMB 2004 (the moderated t,
    moments of log variances); the levels of classes and methods, each foretold from the others, are ours.
"""

from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

from tailprobe.comparison.spread import moments
from tailprobe.scores.ratio import ratio

# Methods share their baseline: differences correlate by about 1/2, the logarithms of their variances by its square.
_SHARED = 0.25
_MARGIN = 1.0  # standard errors that are added to the classes' spread: it is told by few classes
_SURE = 1e6  # degrees of freedom that are as good as infinite


def moderate(
    seed_variance: Float[np.ndarray, "M K"],
    image_variance: Float[np.ndarray, "M K"],
    *,
    seeds: Int[np.ndarray, "M K"],
    support: Float[np.ndarray, " K"],
    by_seed: Float[np.ndarray, "M S K"],
    classes: int,
) -> tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]:
    """Move the variances of M methods in K classes towards what the other comparisons foretell.

    Args:
        seed_variance, image_variance: as in `Spread`; a comparison with either missing or 0 is left as it is.
        seeds: how many seeds each was taken from.
        support: test positives of each class; of a group the harmonic mean over its classes, as variances add up.
        by_seed: the differences from the baseline that `seed_variance` is of, NaN where undefined.
        classes: how many of the K columns are classes; the groups after them are made of these and tell nothing new.

    Returns:
        The variances and their degrees of freedom, both (M, K) float64; the degrees are `seeds - 1` where there is
        nothing to learn from.
    """
    degrees = np.maximum(seeds - 1, 0).astype(np.float64)
    used = (degrees > 0) & (seed_variance > 0) & (image_variance > 0) & (support > 0)
    if used.sum() < 3:
        return seed_variance, degrees
    ratios = np.divide(seed_variance, image_variance, out=np.ones_like(seed_variance), where=used)
    half = np.where(used, degrees, 1.0) / 2
    logs = np.where(used, np.log(ratios) - digamma(half) + np.log(half), np.nan)
    chance = np.where(used, polygamma(1, half), np.nan)
    location, doubt = _foretell(logs, chance, used, support, _by_others(by_seed, image_variance, used))
    foretold = _degrees_of(doubt)
    expected = np.exp(location + digamma(foretold / 2) - np.log(foretold / 2))
    # Few seeds cannot tell that a comparison is unlike the others: below the square of chance no spread is seen. That
    # says how little to trust what is expected, not that less is.
    worth = min(foretold, float(degrees[used].mean()) ** 2 / 2)
    steady = image_variance * (worth * expected + degrees * ratios) / (worth + degrees)
    most = float(degrees[:, :classes][used[:, :classes]].sum())  # no more than all classes have together
    return np.where(used, steady, seed_variance), np.where(used, np.minimum(worth + degrees, most), degrees)


def _foretell(
    logs: Float[np.ndarray, "M K"],
    chance: Float[np.ndarray, "M K"],
    used: Bool[np.ndarray, "M K"],
    support: Float[np.ndarray, " K"],
    by_others: Float[np.ndarray, "M K"],
) -> tuple[Float[np.ndarray, "M K"], float]:
    """Return where each log ratio is expected and the variance of the true one about that."""
    known = np.asarray(used.any(axis=0))
    many = used.sum(axis=0)
    total = np.where(used, logs, 0).sum(axis=0)
    by_class = total / np.maximum(many, 1)
    trend, spare = _trend(by_class, np.log(np.maximum(support, 1e-9)), known)
    noise, methods = float(np.nanmean(chance)), float(many[known].mean())
    own = _within(logs, by_class, used, noise)
    between = float((np.where(known, by_class - trend, 0) ** 2).sum()) / max(spare, 1)
    between *= 1 + _MARGIN * np.sqrt(2 / max(spare, 1))
    classes = max(between - (noise * (1 + (methods - 1) * _SHARED) + own) / methods, 0.0)
    others = np.maximum(many - used, 0)  # and the baseline: pairs among them share an arm with 2 (others - 1) more
    pairs = np.maximum(others * (others + 1) / 2, 1)
    of_others = noise * (1 + 2 * np.maximum(others - 1, 0) * _SHARED) / pairs + own / np.maximum(others, 1)
    trust = np.where(np.isnan(by_others), 0.0, classes / (classes + of_others))
    location = trend + trust * np.nan_to_num(by_others - trend)
    methods_own, spread, left = _methods(np.where(used, logs - location, np.nan))
    doubt = max(own - spread, 0.0) + left + classes * (1 - float(trust[used].mean()))
    return location + methods_own[:, None], doubt


def _methods(rest: Float[np.ndarray, "M K"]) -> tuple[Float[np.ndarray, " M"], float, float]:
    """Return what each method adds in all classes alike, the variance of that, and what is left of it in doubt.

    A remedy that lifts a class near to its best varies less there than one that does nothing. The means over the
    classes are moved towards 0 by what chance makes of them (James and Stein 1961).
    """
    many = (~np.isnan(rest)).sum(axis=1)
    mean = ratio(np.nansum(rest, axis=1), many)
    within = ratio(np.nansum((rest - mean[:, None]) ** 2, axis=1), many - 1)
    known = ~np.isnan(within)
    if known.sum() < 2:
        return np.zeros(len(rest)), 0.0, 0.0
    chance = float(np.mean(within[known] / many[known]))
    spread = max(float(np.mean(mean[known] ** 2)) - chance, 0.0)
    kept = spread / (spread + chance) if spread else 0.0
    return np.where(known, kept * np.nan_to_num(mean), 0.0), spread, spread * (1 - kept)


def _by_others(
    by_seed: Float[np.ndarray, "M S K"], image_variance: Float[np.ndarray, "M K"], used: Bool[np.ndarray, "M K"]
) -> Float[np.ndarray, "M K"]:
    """Return the mean log ratio of the differences between all arms but one's own, NaN where there are none.

    The class is foretold by others alone, so that nothing is counted twice. What the images explain of the difference
    of two methods is taken to be what they explain of each one's from the baseline, the geometric mean.
    """
    methods, _, columns = by_seed.shape
    arms = np.concatenate([np.zeros((1, *by_seed.shape[1:])), by_seed])  # the baseline is 0 away from itself
    explained = np.log(np.where(used, image_variance, 1))
    total, many = np.zeros((methods + 1, methods + 1, columns)), np.zeros((methods + 1, methods + 1, columns))
    for a, b in combinations(range(methods + 1), 2):
        _, seeds, variance = moments(arms[b] - arms[a])
        both = used[b - 1] & (used[a - 1] if a else True) & (variance > 0)
        half = np.where(both, np.maximum(seeds - 1, 1), 1) / 2
        of_images = explained[b - 1] if a == 0 else (explained[a - 1] + explained[b - 1]) / 2
        log = np.log(np.where(both, variance, 1)) - of_images - digamma(half) + np.log(half)
        total[a, b] = total[b, a] = np.where(both, log, 0)
        many[a, b] = many[b, a] = both
    # All pairs, less those that one's own arm is in.
    left = many.sum(axis=(0, 1)) / 2 - many[1:].sum(axis=1)
    return ratio(total.sum(axis=(0, 1)) / 2 - total[1:].sum(axis=1), left)


def _trend(
    values: Float[np.ndarray, " K"], support: Float[np.ndarray, " K"], known: Bool[np.ndarray, " K"]
) -> tuple[Float[np.ndarray, " K"], int]:
    """Fit a line in log support, or a mean below five classes; return it and the degrees of freedom left."""
    x = np.column_stack([np.ones_like(support), support])[:, : 2 if known.sum() >= 5 else 1]
    fitted = np.linalg.lstsq(x[known], values[known], rcond=None)[0]
    return x @ fitted, int(known.sum()) - x.shape[1]


def _within(
    logs: Float[np.ndarray, "M K"],
    by_class: Float[np.ndarray, " K"],
    used: Bool[np.ndarray, "M K"],
    noise: float,
) -> float:
    """Return the variance between the methods of a class beyond chance; 0 with one method."""
    spare = int((used.sum(axis=0) - 1).clip(0).sum())
    if spare == 0:
        return 0.0
    found = float((np.where(used, logs - by_class, 0) ** 2).sum()) / spare
    return max(found - noise * (1 - _SHARED), 0.0)


def _degrees_of(doubt: float) -> float:
    """Return the degrees of freedom whose log variance varies by `doubt`: trigamma(d / 2) = doubt."""
    if doubt <= 2 / _SURE:
        return _SURE
    return float(2 * brentq(lambda half: polygamma(1, half) - doubt, 1e-3, _SURE))
