"""Empirical-Bayes shrinkage of the variances between seeds (a moderated t).

Ten seeds give a variance nine degrees of freedom; at the level a correction for a hundred comparisons asks for, the
t-test then needs half as large again a difference as with the variance known. But the comparisons of a study resemble
each other: the variance between seeds over the part of it that test sampling explains
(`VarianceComponents.test_sampling_variance`) is about the same for classes of like support and for one class under
several methods. So each ratio is shrunk towards a prior estimated from the whole study; the posterior degrees of
freedom are those of the prior plus the residual ones. The model, of method m in class k, is

    log ratio_mk = trend(log support_k) + class_k + deviation_mk + sampling error

with the variances of class effects and deviations estimated from the study. Where classes and methods differ widely,
the prior has few degrees of freedom and the variances stay close to their own estimates. Without the trend frequent
classes are covered too seldom and rare ones too often, without the class effects those whose heads vary the most
(docs/statistics.md); effects of the methods bought nothing.

Source:
    Smyth, Linear models and empirical Bayes methods for assessing differential expression, SAGMB 2004, section 6.2
    (moments of log variances); Law et al., voom, Genome Biology 2014, for a prior with a trend; Searle, Casella and
    McCulloch, Variance Components, 1992, 3.6 (moments of a one-way classification and best linear prediction).
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

# Methods share their baseline: differences correlate by about 1/2, the logarithms of their variances by its square.
_BASELINE_CORRELATION = 0.25
_MIN_FOR_TREND = 5  # columns; fewer have a mean
_INFINITE_DF = 1e6  # degrees of freedom that are as good as infinite


def shrink_variances(
    seed_variance: Float[np.ndarray, "M K"],
    test_sampling_variance: Float[np.ndarray, "M K"],
    *,
    seeds: Int[np.ndarray, "M K"],
    support: Float[np.ndarray, " K"],
    classes: int,
) -> tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]:
    """Shrink the variances of M methods in K classes towards a prior from all comparisons.

    Args:
        seed_variance, test_sampling_variance: as in `VarianceComponents`; a comparison with either missing or 0 is left
            as it is.
        seeds: how many seeds each was taken from.
        support: test positives of each class; of a group the harmonic mean over its classes, as variances add up.
        classes: how many of the K columns are classes; the groups after them are made of these and add no information.

    Returns:
        The posterior variances and their degrees of freedom, both (M, K) float64; the latter are `seeds - 1` if no
        prior can be estimated.
    """
    residual_df = np.maximum(seeds - 1, 0).astype(np.float64)
    used = (residual_df > 0) & (seed_variance > 0) & (test_sampling_variance > 0) & (support > 0)
    if used.sum() < 3:
        return seed_variance, residual_df
    ratios = np.divide(seed_variance, test_sampling_variance, out=np.ones_like(seed_variance), where=used)
    prior_ratio, prior_df = _prior(ratios, residual_df, used, np.log(np.maximum(support, 1e-9)))
    prior_df = min(prior_df, _most_prior_df(float(residual_df[used].mean())))
    posterior_ratio = (prior_df * prior_ratio + residual_df * ratios) / (prior_df + residual_df)
    df_cap = float(residual_df[:, :classes][used[:, :classes]].sum())  # no more than all classes have together
    posterior_df = np.minimum(prior_df + residual_df, df_cap)
    return (
        np.where(used, test_sampling_variance * posterior_ratio, seed_variance),
        np.where(used, posterior_df, residual_df),
    )


def _most_prior_df(residual_df: float) -> float:
    """Return how many degrees of freedom the prior counts for at most; the prior ratio itself is not capped.

    With few seeds a prior log variance below the sampling error's square cannot be seen.
    """
    return residual_df**2 / 2


def _prior(
    ratios: Float[np.ndarray, "M K"],
    residual_df: Float[np.ndarray, "M K"],
    used: Bool[np.ndarray, "M K"],
    log_support: Float[np.ndarray, " K"],
) -> tuple[Float[np.ndarray, " K"], float]:
    """Return the ratio that those of a column are shrunk towards, and its degrees of freedom, from moments of logs."""
    half = np.where(used, residual_df, 1.0) / 2
    log_ratios = np.where(used, np.log(ratios) - digamma(half) + np.log(half), 0.0)
    log_mean, log_variance = _expected(log_ratios, float(polygamma(1, half[used]).mean()), used, log_support)
    prior_df = _df_from_log_variance(log_variance)
    return np.exp(log_mean + digamma(prior_df / 2) - np.log(prior_df / 2)), prior_df


def _expected(
    log_ratios: Float[np.ndarray, "M K"],
    sampling_variance: float,
    used: Bool[np.ndarray, "M K"],
    log_support: Float[np.ndarray, " K"],
) -> tuple[Float[np.ndarray, " K"], float]:
    """Return what a column's log ratio is expected to be, and the variance of the true ones about it."""
    n_methods = used.sum(axis=0)
    known, methods = n_methods > 0, float(n_methods[n_methods > 0].mean())
    by_column = log_ratios.sum(axis=0) / np.maximum(n_methods, 1)
    trend, trend_df = _trend(by_column, log_support, known)
    between = float((np.where(known, by_column - trend, 0) ** 2).sum()) / max(trend_df, 1)
    deviation_variance = _deviation_variance(log_ratios - by_column, sampling_variance, used)
    correlated = sampling_variance * (1 + (methods - 1) * _BASELINE_CORRELATION)
    error = (correlated + deviation_variance) / methods  # of a column's mean
    class_variance = max(between - error, 0.0)
    kept = _class_effect_kept(class_variance, error, methods)
    expected = trend + kept * np.where(known, by_column - trend, 0)
    return expected, deviation_variance + (1 - kept) * class_variance


def _class_effect_kept(class_variance: float, error: float, methods: float) -> float:
    """Return the share of a column's mean distance from the trend that is taken for the class's own.

    With one method the class's effect and the method's deviation cannot be told apart, and the trend alone serves.
    """
    return class_variance / (class_variance + error) if methods > 1 else 0.0


def _trend(
    values: Float[np.ndarray, " K"], log_support: Float[np.ndarray, " K"], known: Bool[np.ndarray, " K"]
) -> tuple[Float[np.ndarray, " K"], int]:
    """Fit a line in log support, or a mean to few columns; return it and the residual degrees of freedom."""
    within = np.where(known, log_support, log_support[known].mean())  # the line is not extended to unused columns
    x = np.column_stack([np.ones_like(within), within])[:, : 2 if known.sum() >= _MIN_FOR_TREND else 1]
    coefficients = np.linalg.lstsq(x[known], values[known], rcond=None)[0]
    return x @ coefficients, int(known.sum()) - x.shape[1]


def _deviation_variance(
    deviations: Float[np.ndarray, "M K"], sampling_variance: float, used: Bool[np.ndarray, "M K"]
) -> float:
    """Return the variance between the methods of a class beyond sampling error; 0 with one method."""
    df = int((used.sum(axis=0) - 1).clip(0).sum())
    if df == 0:
        return 0.0
    within = float((np.where(used, deviations, 0) ** 2).sum()) / df
    return max(within - sampling_variance * (1 - _BASELINE_CORRELATION), 0.0)


def _df_from_log_variance(log_variance: float) -> float:
    """Return the degrees of freedom d whose log variance varies by `log_variance`: trigamma(d / 2) = log_variance."""
    if log_variance <= 2 / _INFINITE_DF:
        return _INFINITE_DF
    return float(2 * brentq(lambda half: polygamma(1, half) - log_variance, 1e-3, _INFINITE_DF))
