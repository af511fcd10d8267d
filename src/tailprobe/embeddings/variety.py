"""Warn of embeddings from which little can be learned as they are, before heads are trained on them."""

import logging

import numpy as np
from jaxtyping import Float, Float32

from tailprobe.embeddings.embeddings import Embeddings

_LOG = logging.getLogger(__name__)
SHARE = 0.5  # warn from this share of images with identical embeddings
ONE_COLUMN = 0.3  # warn from this share of the variance in one column; of EfficientNet-Lite0 on EuroSAT it is 0.013
_MIN_WIDTH = 8  # of embeddings narrower than that one column may well hold most
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


def warn_of_scales(embeddings: Embeddings) -> None:
    """Log a warning if one column holds most of the variance and heads are trained on the columns as they are.

    Such a column, as of a table of measurements in units of their own, decides what a head learns first, and the
    cosine of any two images is near 1.
    """
    if embeddings.standardise or len(embeddings) < 3 or embeddings.vectors.shape[1] < _MIN_WIDTH:
        return
    variances = _some_rows(embeddings.vectors).var(axis=0, dtype=np.float64)
    share = float(variances.max() / variances.sum()) if variances.any() else 0.0
    if share >= ONE_COLUMN:
        _LOG.warning(
            "column %d of the %d of %s holds %.0f%% of their variance, and heads are trained on the columns as they "
            "are; if they are in units of their own, pass --standardise true",
            int(variances.argmax()) + 1,
            len(variances),
            embeddings.encoder,
            100 * share,
        )


def largest_share(vectors: Float[np.ndarray, "N D"]) -> float:
    """Return the share of rows that equal the most frequent row, after rounding to 1e-4 of the largest absolute value.

    >>> largest_share(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 0.0], [1.0, 2.00001]]))
    0.75
    """
    if not vectors.size:
        return 0.0
    some = _some_rows(vectors)
    unit = float(np.abs(some).max()) * 1e-4 or 1.0
    _, counts = np.unique(np.rint(some / unit), axis=0, return_counts=True)
    return float(counts.max() / len(some))


def _some_rows(vectors: Float[np.ndarray, "N D"]) -> Float32[np.ndarray, "S D"]:
    return np.asarray(vectors[:: max(1, -(-len(vectors) // _ROWS))], dtype=np.float32)
