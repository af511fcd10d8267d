"""Empirical-Bayes shrinkage of the variances between seeds (a moderated t).

Ten seeds give a variance nine degrees of freedom; at the level a correction for a hundred comparisons asks for, the
t-test then needs half as large again a difference as with the variance known. But the comparisons of a study resemble
each other: the variance between seeds over the part of it that test sampling explains
(`VarianceComponents.test_sampling_variance`) is about the same for all of them. So each ratio is shrunk towards a prior
estimated from the whole study; the posterior degrees of freedom are those of the prior plus the residual ones. The
model is

    log ratio_mk = mean + deviation_mk + sampling error

with the variance of the deviations estimated from the study. Where classes or methods differ widely, the prior has few
degrees of freedom and the variances stay close to their own estimates. A trend in the support and effects of class and
method in place of the one mean bought nothing on real embeddings (docs/statistics.md).

Source:
    Smyth, Linear models and empirical Bayes methods for assessing differential expression, SAGMB 2004, section 6.2
    (moments of log variances).
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

_INFINITE_DF = 1e6  # degrees of freedom that are as good as infinite


def shrink_variances(
    seed_variance: Float[np.ndarray, "M K"],
    test_sampling_variance: Float[np.ndarray, "M K"],
    *,
    seeds: Int[np.ndarray, "M K"],
    classes: int,
) -> tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]:
    """Shrink the variances of M methods in K classes towards a prior from all comparisons.

    Args:
        seed_variance, test_sampling_variance: as in `VarianceComponents`; a comparison with either missing or 0 is left
            as it is.
        seeds: how many seeds each was taken from.
        classes: how many of the K columns are classes; the groups after them are made of these and add no information.

    Returns:
        The posterior variances and their degrees of freedom, both (M, K) float64; the latter are `seeds - 1` if no
        prior can be estimated.
    """
    residual_df = np.maximum(seeds - 1, 0).astype(np.float64)
    used = (residual_df > 0) & (seed_variance > 0) & (test_sampling_variance > 0)
    if used.sum() < 3:
        return seed_variance, residual_df
    ratios = np.divide(seed_variance, test_sampling_variance, out=np.ones_like(seed_variance), where=used)
    prior_ratio, prior_df = _prior(ratios, residual_df, used)
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
    ratios: Float[np.ndarray, "M K"], residual_df: Float[np.ndarray, "M K"], used: Bool[np.ndarray, "M K"]
) -> tuple[float, float]:
    """Return the ratio that all are shrunk towards and its degrees of freedom, from the moments of the logarithms."""
    half = residual_df[used] / 2
    log_ratios = np.log(ratios[used]) - digamma(half) + np.log(half)
    prior_df = _df_from_log_variance(float(log_ratios.var(ddof=1) - polygamma(1, half).mean()))
    return float(np.exp(log_ratios.mean() + digamma(prior_df / 2) - np.log(prior_df / 2))), prior_df


def _df_from_log_variance(log_variance: float) -> float:
    """Return the degrees of freedom d whose log variance varies by `log_variance`: trigamma(d / 2) = log_variance."""
    if log_variance <= 2 / _INFINITE_DF:
        return _INFINITE_DF
    return float(2 * brentq(lambda half: polygamma(1, half) - log_variance, 1e-3, _INFINITE_DF))
