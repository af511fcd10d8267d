"""Warn of identical embeddings, from which nothing can be learned, before heads are trained on them."""

import logging

import numpy as np
from jaxtyping import Float

from tailprobe.embeddings.embeddings import Embeddings

_LOG = logging.getLogger(__name__)
SHARE = 0.5  # warn from this share of images with identical embeddings
_ROWS = 5_000  # rows compared, at most, evenly spaced


def warn_of_equal_embeddings(embeddings: Embeddings) -> None:
    """Log a warning if all or most images have the same embedding."""
    share = largest_share(embeddings.vectors)
    if len(embeddings) < 3 or share < SHARE:
        return
    _LOG.warning(
        "%.0f%% of the images have one and the same embedding under %s%s; look at them (tailprobe inspect): do they "
        "decode to one colour, or are they copies?",
        100 * share,
        embeddings.encoder,
        ", so nothing can be learned" if share == 1 else "",
    )


def largest_share(vectors: Float[np.ndarray, "N D"]) -> float:
    """Return the share of rows that equal the most frequent row, after rounding to 1e-4 of the largest absolute value.

    >>> largest_share(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 0.0], [1.0, 2.00001]]))
    0.75
    """
    if not vectors.size:
        return 0.0
    some = np.asarray(vectors[:: max(1, -(-len(vectors) // _ROWS))], dtype=np.float32)
    unit = float(np.abs(some).max()) * 1e-4 or 1.0
    _, counts = np.unique(np.rint(some / unit), axis=0, return_counts=True)
    return float(counts.max() / len(some))
