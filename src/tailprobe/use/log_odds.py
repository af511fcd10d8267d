"""Log odds of each class from a head's logits, for either link; they are what is calibrated."""

import numpy as np
from jaxtyping import Float, Float64

from tailprobe.learners.loss import Link

LARGEST = 60.0  # largest log odds; corresponds to a probability of 1 - 1e-26


def log_odds(logits: Float[np.ndarray, "N C"], link: Link) -> Float64[np.ndarray, "N C"]:
    """Return (N, C) log odds, log p - log(1 - p), accurate even if p rounds to 1, and clipped to -60..60.

    For the sigmoid link they are the logits; for softmax z_c - log(sum over k != c of exp(z_k)).

    >>> log_odds(np.array([[0.0, np.log(3)]]), "softmax").round(6).tolist()
    [[-1.098612, 1.098612]]
    """
    wide = np.asarray(logits, dtype=np.float64)
    if link == "sigmoid":
        return np.clip(wide, -LARGEST, LARGEST)
    return np.clip(wide - _log_sum_of_others(wide), -LARGEST, LARGEST)


def _log_sum_of_others(logits: Float64[np.ndarray, "N C"]) -> Float64[np.ndarray, "N C"]:
    if logits.shape[1] == 1:
        return np.full_like(logits, -np.inf)
    rows, top = np.arange(len(logits)), logits.argmax(axis=1)
    highest = logits[rows, top]
    powers = np.exp(logits - highest[:, None])
    others = powers.sum(axis=1, keepdims=True) - powers
    without_top = powers.copy()
    without_top[rows, top] = 0  # summed rather than subtracted: a sum far below 1 would be lost to rounding
    others[rows, top] = np.maximum(without_top.sum(axis=1), np.finfo(np.float64).tiny)
    result: Float64[np.ndarray, "N C"] = highest[:, None] + np.log(others)
    return result


def mean_log_odds(
    values: Float64[np.ndarray, "M C"], starts: np.ndarray, sizes: np.ndarray
) -> Float64[np.ndarray, "G C"]:
    """Return the log odds of the mean probability over groups of consecutive rows.

    Args:
        values: (M, C) log odds of single heads.
        starts: (G,) first row of each group, ascending from 0.
        sizes: (G,) number of rows of each group.
    """
    if (sizes == 1).all():
        return values
    right = np.add.reduceat(1 / (1 + np.exp(-values)), starts, axis=0)
    wrong = np.add.reduceat(1 / (1 + np.exp(values)), starts, axis=0)
    return np.clip(np.log(right) - np.log(wrong), -LARGEST, LARGEST)
