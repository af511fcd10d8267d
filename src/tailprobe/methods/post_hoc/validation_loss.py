"""The cross-entropy that corrections are fitted with."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import log_expit, log_softmax

from tailprobe.learners.loss import Link


def mean_loss(logits: Float[np.ndarray, "V C"], labels: Bool[np.ndarray, "V C"], link: Link) -> float:
    """Return the mean binary cross-entropy over terms, or softmax cross-entropy over rows.

    >>> mean_loss(np.zeros((1, 2)), np.array([[True, False]]), "softmax").round(4)
    np.float64(0.6931)
    """
    if link == "sigmoid":
        return -log_expit(np.where(labels, logits, -logits)).mean()
    return -log_softmax(logits, axis=1)[labels].mean()
