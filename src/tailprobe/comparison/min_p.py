"""Single-step min-p: one critical level for all members of a question, from their joint distribution.

Under the null hypothesis the test statistics of P members are taken to have a Gaussian copula of correlation R, so

    q_j = 2 Phi(-|Z_j|),   Z ~ N(0, R)

are P-values as they come out together by chance. A member is rejected where its own p-value is at or below alpha*, the
question's level's quantile of min_j q_j; the adjusted p-value is the share of draws whose smallest q is at or below it.
On the scale of p-values members may have different degrees of freedom. alpha* lies between level / P (Bonferroni), as
for members that exclude each other, and the level itself, as for members that are one and the same.

Source:
    Westfall and Young, Resampling-Based Multiple Testing, 1993, section 2.3 (single-step min-p); Hothorn, Bretz and
    Westfall, Simultaneous inference in general parametric models, Biometrical Journal 2008 (with the joint normal
    distribution of the estimates).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from tailprobe.randomness import generator

DRAWS = 100_000
_CHUNK = 10_000  # draws at a time: 180 members take 14 MB


@dataclass(frozen=True, eq=False)
class SingleStep:
    """How P members are tested together at a level."""

    members: int
    level: float
    smallest: Float[np.ndarray, " D"] | None = None  # min_j q_j of each draw, ascending; None for Bonferroni's method

    @property
    def critical_level(self) -> float:
        """alpha*: a member is rejected where its own p-value is at or below it.

        >>> SingleStep(members=4, level=0.04).critical_level
        0.01
        """
        least = self.level / self.members
        if self.smallest is None:
            return least
        quantile = float(self.smallest[int(self.level * len(self.smallest))])
        return min(max(quantile, least), self.level)

    def adjust(self, p: Float[np.ndarray, " P"]) -> Float[np.ndarray, " P"]:
        """Return adjusted p-values, between p and P p, to be compared with the question's level."""
        most = np.minimum(self.members * p, 1)
        if self.smallest is None:
            return most
        share = np.searchsorted(self.smallest, p, side="right") / len(self.smallest)
        return np.clip(share, p, most)


def single_step(correlation: Float[np.ndarray, "P P"] | None, *, members: int, level: float) -> SingleStep:
    """Return the joint test of P members at a level.

    Args:
        correlation: of the members' estimates, positive definite; None if it is not known, for Bonferroni's method.
    """
    if correlation is None or members == 1:
        return SingleStep(members, level)
    return SingleStep(members, level, smallest_p(correlation))


def smallest_p(correlation: Float[np.ndarray, "P P"], *, draws: int = DRAWS) -> Float[np.ndarray, " D"]:
    """Draw Z ~ N(0, R) and return the smallest two-sided p-value of each draw, ascending; the same draws every time."""
    rng = generator(0, "min-p")
    root = np.linalg.cholesky(correlation).T
    largest = [
        np.abs(rng.standard_normal((min(_CHUNK, draws - start), len(root))) @ root).max(axis=1)
        for start in range(0, draws, _CHUNK)
    ]
    return np.asarray(np.sort(2 * ndtr(-np.concatenate(largest))))
