"""From logits to probabilities, by the link of the head that gave them."""

from typing import get_args

import numpy as np
from jaxtyping import Float, Float32, Float64

from tailprobe.errors import InputError
from tailprobe.learners.loss import Link

LINKS: tuple[Link, ...] = get_args(Link)


def probabilities(logits: Float[np.ndarray, "N C"], link: Link = "sigmoid") -> Float32[np.ndarray, "N C"]:
    """Convert a head's logits to probabilities, for N images and C classes.

    With `sigmoid` each class is independent of the others; with `softmax` the probabilities of an image add up to 1.
    Softmax logits are comparable within an image and not between images, so metrics that rank images, such as average
    precision, use the probabilities and never the logits.

    Returns:
        (N, C) float32 in [0, 1], as metrics use them: above a logit of 17 a sigmoid rounds to 1, and such scores tie.

    >>> probabilities(np.array([[0.0, np.log(3)]]), "softmax")
    array([[0.25, 0.75]], dtype=float32)
    """
    wide = logits.astype(np.float64)
    if link == "softmax":
        return np.exp(_log_softmax(wide)).astype(np.float32)
    with np.errstate(over="ignore"):  # exp of a large number is infinite, and 1 over that 0, as it should be
        return np.asarray(1 / (1 + np.exp(-wide)), dtype=np.float32)


def log_probabilities(logits: Float[np.ndarray, "N C"], link: Link = "sigmoid") -> Float64[np.ndarray, "N C"]:
    """Return (N, C) float64 logarithms of the probabilities, exact where `probabilities` rounds to 0 or 1.

    >>> log_probabilities(np.array([[-800.0]]))
    array([[-800.]])
    """
    wide = logits.astype(np.float64)
    return _log_softmax(wide) if link == "softmax" else -np.logaddexp(0, -wide)


def check_link(link: str) -> Link:
    """Return the link of that name.

    Raises:
        InputError: it is neither "sigmoid" nor "softmax".
    """
    for known in LINKS:
        if link == known:
            return known
    raise InputError(f"link {link!r}: expected {' or '.join(LINKS)}")


def _log_softmax(logits: Float64[np.ndarray, "N C"]) -> Float64[np.ndarray, "N C"]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: Float64[np.ndarray, "N C"] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
