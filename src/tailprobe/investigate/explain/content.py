"""Whether what is looked at differs between two sets of images, wherever in the image it is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.distance import pdist, squareform

_DRAWS = 999


@dataclass(frozen=True)
class ContentTest:
    """Two sets of feature vectors compared."""

    what: str  # is compared, for the reader
    distance: float  # energy distance over the mean distance of two vectors: 0 for the same distribution, at most 1
    p: float

    @property
    def differs(self) -> bool:
        """Whether a difference is shown at 5%."""
        return self.p < 0.05


def compare_content(
    what: str, first: Float[np.ndarray, "A K"], second: Float[np.ndarray, "B K"], rng: np.random.Generator
) -> ContentTest:
    """Compare the distributions of two sets of vectors by their energy distance, tested by permutations.

    Each of the K numbers is divided by its deviation over both sets first.

    Source:
        Szekely and Rizzo, Energy statistics, Journal of Statistical Planning and Inference 2013, equation 6.1.
    """
    both = np.concatenate([first, second]).astype(np.float64)
    deviation = both.std(axis=0)
    distances = squareform(pdist(both[:, deviation > 0] / deviation[deviation > 0]))
    in_first = np.arange(len(both)) < len(first)
    drawn = _energy(distances, np.stack([in_first, *(rng.permutation(in_first) for _ in range(_DRAWS))]))
    mean = float(distances.sum() / max(len(both) * (len(both) - 1), 1))
    p = float((drawn >= drawn[0] * (1 - 1e-12)).mean())
    return ContentTest(what, float(drawn[0]) / mean if mean else 0.0, p)


def _energy(distances: Float[np.ndarray, "N N"], in_first: Bool[np.ndarray, "R N"]) -> Float[np.ndarray, " R"]:
    """Return 2 E|X - Y| - E|X - X'| - E|Y - Y'| for each of R divisions into two sets."""
    shares = np.where(in_first, 1 / in_first.sum(axis=1, keepdims=True), -1 / (~in_first).sum(axis=1, keepdims=True))
    return -np.einsum("ri,ij,rj->r", shares, distances, shares, optimize=True)
