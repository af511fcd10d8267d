"""Correlated binary tags from a thresholded multivariate normal: the dichotomised Gaussian."""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_STRONGEST = 0.97  # a correlation of exactly -1 or 1 would make the integrand below infinite


def both_exceed(
    first: Float[np.ndarray, "*S"], second: Float[np.ndarray, "*S"], correlation: Float[np.ndarray, "*S"]
) -> Float[np.ndarray, "*S"]:
    r"""Return P(X > -first and Y > -second) of a standard bivariate normal.

    Phi2(h, k, r) = Phi(h) Phi(k) + 1/(2 pi) int_0^{asin r} exp(-(h^2 + k^2 - 2 h k sin t) / (2 cos^2 t)) dt,
    by 24-point Gauss-Legendre quadrature; the error is below 1e-6 for |r| <= 0.97.

    Args:
        first: h, the normal quantile of the first variable's probability, which is Phi(h).
        second: k, likewise.
        correlation: r, within [-0.97, 0.97].

    Source:
        Drezner and Wesolowsky, J. Statist. Comput. Simul. 35, 1990.

    >>> bool(np.isclose(both_exceed(np.zeros(1), np.zeros(1), np.array([0.5]))[0], 1 / 3))
    True
    """
    h, k = first[..., None], second[..., None]
    half = np.arcsin(correlation)[..., None] / 2
    angle = half * (_NODES + 1)  # from 0 to asin r
    density = np.exp(-(h * h + k * k - 2 * h * k * np.sin(angle)) / (2 * np.cos(angle) ** 2))
    integral = (half * density * _WEIGHTS).sum(-1)
    joint: Float[np.ndarray, "*S"] = ndtr(first) * ndtr(second) + integral / (2 * np.pi)
    return joint


def fit_correlations(
    quantiles: Float[np.ndarray, "W L"], sizes: Float[np.ndarray, " W"], counts: Float[np.ndarray, "L L"]
) -> Float[np.ndarray, "L L"]:
    r"""Return the latent correlations with which the expected counts of pairs of tags are the observed ones.

    The strata (weathers) share the correlations but not the probabilities, so each pair's correlation r solves
    sum_w n_w Phi2(h_wi, h_wj, r) = counts_ij, which increases in r: bisection, all pairs at once. A pair counted less
    (more) often than any r allows gets the strongest negative (positive) one. The matrix of the pairs' solutions need
    not be a correlation matrix; one near it, by clipping its eigenvalues, is returned.

    Args:
        quantiles: (W, L) h_wi, the normal quantile of each tag's probability in each stratum.
        sizes: (W,) n_w, images of each stratum.
        counts: (L, L) images that carry both tags; the diagonal is not used.

    Source:
        Emrich and Piedmonte, The American Statistician 45, 1991; Macke et al., Neural Computation 21, 2009. That strata
        share the correlations is ours: only the counts over all weathers are known.
    """
    low = np.full(counts.shape, -_STRONGEST)
    high = -low
    h, k = np.broadcast_arrays(quantiles[:, :, None], quantiles[:, None, :])
    for _ in range(40):
        middle = (low + high) / 2
        expected = np.einsum("w,wij->ij", sizes, both_exceed(h, k, np.broadcast_to(middle, h.shape)))
        low, high = np.where(expected < counts, middle, low), np.where(expected < counts, high, middle)
    return _nearest_correlation((low + high) / 2)


def _nearest_correlation(symmetric: Float[np.ndarray, "L L"]) -> Float[np.ndarray, "L L"]:
    np.fill_diagonal(symmetric, 1.0)
    values, vectors = np.linalg.eigh(symmetric)
    positive = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(positive))
    return np.asarray(positive / scale[:, None] / scale[None, :])
