"""Empirical-Bayes shrinkage of the variances between seeds (a moderated t).

Ten seeds give a variance nine degrees of freedom; at the level a correction for a hundred comparisons asks for, the
t-test then needs half as large again a difference as with the variance known. But the comparisons of a study resemble
each other: the variance between seeds over the part of it that test sampling explains
(`VarianceComponents.test_sampling_variance`) is about the same for classes of like support and for one class under
several methods. So each ratio is shrunk towards a prior estimated from the study's other comparisons; the posterior
degrees of freedom are those of the prior plus the residual ones. The model is

    log ratio_mk = trend(log support_k) + class_k + method_m + interaction_mk + sampling error

with the variances of class, method and interaction estimated from the study. The class effect of a method is estimated
from the differences between all other arms, the baseline one of them, pair by pair: these hold more information than
their differences from the baseline alone, which all share its sampling error. Where classes differ widely, the prior
has few degrees of freedom and the variances stay close to their own estimates; with one method only the trend serves.

Source:
    Smyth, Linear models and empirical Bayes methods for assessing differential expression, SAGMB 2004 (the moderated t,
    moments of log variances); crossed class and method effects, each class estimated leave-one-out, are ours.
"""

from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

from tailprobe.scores.ratio import defined_moments, ratio

# Methods share their baseline: differences correlate by about 1/2, the logarithms of their variances by its square.
_BASELINE_CORRELATION = 0.25
_CLASS_VARIANCE_SE_MARGIN = 1.0  # standard errors added to the class variance, which few classes estimate
_INFINITE_DF = 1e6  # degrees of freedom that are as good as infinite


def shrink_variances(
    seed_variance: Float[np.ndarray, "M K"],
    test_sampling_variance: Float[np.ndarray, "M K"],
    *,
    seeds: Int[np.ndarray, "M K"],
    support: Float[np.ndarray, " K"],
    per_seed: Float[np.ndarray, "M S K"],
    classes: int,
) -> tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]:
    """Shrink the variances of M methods in K classes towards a prior from the other comparisons.

    Args:
        seed_variance, test_sampling_variance: as in `VarianceComponents`; a comparison with either missing or 0 is left
            as it is.
        seeds: how many seeds each was taken from.
        support: test positives of each class; of a group the harmonic mean over its classes, as variances add up.
        per_seed: the differences from the baseline that `seed_variance` is of, NaN where undefined.
        classes: how many of the K columns are classes; the groups after them are made of these and add no information.

    Returns:
        The posterior variances and their degrees of freedom, both (M, K) float64; the latter are `seeds - 1` where no
        prior can be estimated.
    """
    residual_df = np.maximum(seeds - 1, 0).astype(np.float64)
    used = (residual_df > 0) & (seed_variance > 0) & (test_sampling_variance > 0) & (support > 0)
    if used.sum() < 3:
        return seed_variance, residual_df
    ratios = np.divide(seed_variance, test_sampling_variance, out=np.ones_like(seed_variance), where=used)
    half = np.where(used, residual_df, 1.0) / 2
    log_ratios = np.where(used, np.log(ratios) - digamma(half) + np.log(half), np.nan)
    sampling_variance = np.where(used, polygamma(1, half), np.nan)
    leave_one_out = _leave_one_out_mean(per_seed, test_sampling_variance, used)
    prior_log_mean, prior_log_variance = _prior(log_ratios, sampling_variance, used, support, leave_one_out)
    prior_df = _df_from_log_variance(prior_log_variance)
    log_prior_ratio = prior_log_mean + digamma(prior_df / 2) - np.log(prior_df / 2)
    prior_ratio = np.exp(np.where(used, log_prior_ratio, 0))  # a trend down to a support of 0 may be any number
    prior_df_capped = min(prior_df, _most_prior_df(float(residual_df[used].mean())))
    posterior_variance = (
        test_sampling_variance
        * (prior_df_capped * prior_ratio + residual_df * ratios)
        / (prior_df_capped + residual_df)
    )
    df_cap = float(residual_df[:, :classes][used[:, :classes]].sum())  # no more than all classes have together
    posterior_df = np.minimum(prior_df_capped + residual_df, df_cap)
    return np.where(used, posterior_variance, seed_variance), np.where(used, posterior_df, residual_df)


def _most_prior_df(residual_df: float) -> float:
    """Return how many degrees of freedom the prior counts for at most; the prior ratio itself is not capped.

    With few seeds a prior log variance below the sampling error's square cannot be seen.
    """
    return residual_df**2 / 2


def _prior(
    log_ratios: Float[np.ndarray, "M K"],
    sampling_variance: Float[np.ndarray, "M K"],
    used: Bool[np.ndarray, "M K"],
    support: Float[np.ndarray, " K"],
    leave_one_out: Float[np.ndarray, "M K"],
) -> tuple[Float[np.ndarray, "M K"], float]:
    """Return the prior mean of each log ratio and the prior variance of the true one about it."""
    known = np.asarray(used.any(axis=0))
    n_methods = used.sum(axis=0)
    by_class = np.where(used, log_ratios, 0).sum(axis=0) / np.maximum(n_methods, 1)
    trend, trend_df = _trend(by_class, np.log(np.maximum(support, 1e-9)), known)
    mean_sampling_variance, mean_methods = float(np.nanmean(sampling_variance)), float(n_methods[known].mean())
    interaction_variance = _interaction_variance(log_ratios, by_class, used, mean_sampling_variance)
    between_classes = float((np.where(known, by_class - trend, 0) ** 2).sum()) / max(trend_df, 1)
    between_classes *= 1 + _CLASS_VARIANCE_SE_MARGIN * np.sqrt(2 / max(trend_df, 1))
    correlated = mean_sampling_variance * (1 + (mean_methods - 1) * _BASELINE_CORRELATION)
    class_variance = max(between_classes - (correlated + interaction_variance) / mean_methods, 0.0)
    others = np.maximum(n_methods - used, 0)  # and the baseline: pairs among them share an arm with 2 (others - 1) more
    pairs = np.maximum(others * (others + 1) / 2, 1)
    leave_one_out_variance = mean_sampling_variance * (
        1 + 2 * np.maximum(others - 1, 0) * _BASELINE_CORRELATION
    ) / pairs + interaction_variance / np.maximum(others, 1)
    shrinkage = np.where(np.isnan(leave_one_out), 0.0, class_variance / (class_variance + leave_one_out_variance))
    prior_log_mean = trend + shrinkage * np.nan_to_num(leave_one_out - trend)
    method_effect, method_variance, method_posterior_variance = _shrink_method_effects(
        np.where(used, log_ratios - prior_log_mean, np.nan)
    )
    prior_log_variance = (
        max(interaction_variance - method_variance, 0.0)
        + method_posterior_variance
        + class_variance * (1 - float(shrinkage[used].mean()))
    )
    return prior_log_mean + method_effect[:, None], prior_log_variance


def _shrink_method_effects(residuals: Float[np.ndarray, "M K"]) -> tuple[Float[np.ndarray, " M"], float, float]:
    """Return the effect of each method in all classes alike, the variance of the effects and their posterior variance.

    A method that lifts a class near to its best varies less there than one that does nothing. The means over the
    classes are shrunk towards 0 (James and Stein 1961).
    """
    n = (~np.isnan(residuals)).sum(axis=1)
    mean = ratio(np.nansum(residuals, axis=1), n)
    within = ratio(np.nansum((residuals - mean[:, None]) ** 2, axis=1), n - 1)
    known = ~np.isnan(within)
    if known.sum() < 2:
        return np.zeros(len(residuals)), 0.0, 0.0
    sampling_variance = float(np.mean(within[known] / n[known]))
    method_variance = max(float(np.mean(mean[known] ** 2)) - sampling_variance, 0.0)
    shrinkage = method_variance / (method_variance + sampling_variance) if method_variance else 0.0
    effect = np.where(known, shrinkage * np.nan_to_num(mean), 0.0)
    return effect, method_variance, method_variance * (1 - shrinkage)


def _leave_one_out_mean(
    per_seed: Float[np.ndarray, "M S K"],
    test_sampling_variance: Float[np.ndarray, "M K"],
    used: Bool[np.ndarray, "M K"],
) -> Float[np.ndarray, "M K"]:
    """Return, for each method, the mean log ratio of the differences between all other arms; NaN where there are none.

    The method's own arm is left out, so that no information is used twice. The test sampling variance of the difference
    of two methods is taken to be the geometric mean of that of each one's difference from the baseline.
    """
    methods, _, columns = per_seed.shape
    arms = np.concatenate([np.zeros((1, *per_seed.shape[1:])), per_seed])  # the baseline is 0 away from itself
    log_sampling = np.log(np.where(used, test_sampling_variance, 1))
    total, number = np.zeros((methods + 1, methods + 1, columns)), np.zeros((methods + 1, methods + 1, columns))
    for a, b in combinations(range(methods + 1), 2):
        _, seeds, variance = defined_moments(arms[b] - arms[a])
        both = used[b - 1] & (used[a - 1] if a else True) & (variance > 0)
        half = np.where(both, np.maximum(seeds - 1, 1), 1) / 2
        explained = log_sampling[b - 1] if a == 0 else (log_sampling[a - 1] + log_sampling[b - 1]) / 2
        log_ratio = np.log(np.where(both, variance, 1)) - explained - digamma(half) + np.log(half)
        total[a, b] = total[b, a] = np.where(both, log_ratio, 0)
        number[a, b] = number[b, a] = both
    # All pairs, less those that the method's own arm is in.
    pairs_left = number.sum(axis=(0, 1)) / 2 - number[1:].sum(axis=1)
    return ratio(total.sum(axis=(0, 1)) / 2 - total[1:].sum(axis=1), pairs_left)


def _trend(
    values: Float[np.ndarray, " K"], log_support: Float[np.ndarray, " K"], known: Bool[np.ndarray, " K"]
) -> tuple[Float[np.ndarray, " K"], int]:
    """Fit a line in log support, or a mean below five classes; return it and the residual degrees of freedom."""
    x = np.column_stack([np.ones_like(log_support), log_support])[:, : 2 if known.sum() >= 5 else 1]
    coefficients = np.linalg.lstsq(x[known], values[known], rcond=None)[0]
    return x @ coefficients, int(known.sum()) - x.shape[1]


def _interaction_variance(
    log_ratios: Float[np.ndarray, "M K"],
    by_class: Float[np.ndarray, " K"],
    used: Bool[np.ndarray, "M K"],
    mean_sampling_variance: float,
) -> float:
    """Return the variance between the methods of a class beyond sampling error; 0 with one method."""
    residual_df = int((used.sum(axis=0) - 1).clip(0).sum())
    if residual_df == 0:
        return 0.0
    within = float((np.where(used, log_ratios - by_class, 0) ** 2).sum()) / residual_df
    return max(within - mean_sampling_variance * (1 - _BASELINE_CORRELATION), 0.0)


def _df_from_log_variance(log_variance: float) -> float:
    """Return the degrees of freedom d whose log variance varies by `log_variance`: trigamma(d / 2) = log_variance."""
    if log_variance <= 2 / _INFINITE_DF:
        return _INFINITE_DF
    return float(2 * brentq(lambda half: polygamma(1, half) - log_variance, 1e-3, _INFINITE_DF))
