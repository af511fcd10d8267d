"""The sanity check of maps: they must change when the weights are random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from tailprobe.investigate.explain.attribution import Attributor
from tailprobe.investigate.explain.cells import Mean
from tailprobe.investigate.explain.score import randomised_head
from tailprobe.learners.head import Head

_DRAWS = 3  # of random orders
_ALIKE = 0.5  # rank correlation


@dataclass(frozen=True)
class SanityCheck:
    """How alike the maps of the same images are before and after weights are made random."""

    what: str  # is made random
    correlation: Mean  # Spearman's, over images
    images: int  # whose maps are not the same everywhere, before and after

    @property
    def verdict(self) -> str:
        """Return whether the maps say something of the weights."""
        if self.correlation.high < _ALIKE:
            return "passed"
        return "failed" if self.correlation.low > _ALIKE else "open"


def check_maps(
    attributor: Attributor,
    head: Head,
    c: int,
    rows: Sequence[int],
    cells: Float[np.ndarray, "N G G"],
    rng: np.random.Generator,
) -> list[SanityCheck]:
    """Compare the maps of some images with those of a random head and, where there is a network, a random encoder.

    Source:
        Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018: model parameter randomisation, by the rank
        correlation of the maps. The weights are permuted, where theirs are redrawn: maps of fresh weights are often
        0 everywhere.
    """
    heads = [attributor.at(randomised_head(head, rng), c, rows).cells for _ in range(_DRAWS)]
    found = [_check("the head", cells, heads)]
    if attributor.cam is not None:
        cams = [attributor.cam.randomised(rng) for _ in range(_DRAWS)]
        found.append(_check("the encoder", cells, [attributor.at(head, c, rows, cam=k).cells for k in cams]))
    return found


def _check(what: str, before: Float[np.ndarray, "N G G"], after: list[Float[np.ndarray, "N G G"]]) -> SanityCheck:
    by_draw = np.array([[_correlation(*pair) for pair in zip(before, drawn, strict=True)] for drawn in after])
    defined = ~np.isnan(by_draw).all(axis=0)
    means = np.array([np.nanmean(column) for column in by_draw.T[defined]])
    unknown = Mean(np.nan, np.nan, np.nan)
    return SanityCheck(what, Mean.of(means) if len(means) > 1 else unknown, int(defined.sum()))


def _correlation(first: Float[np.ndarray, "G G"], second: Float[np.ndarray, "G G"]) -> float:
    """Return Spearman's rank correlation, NaN where a map is the same everywhere."""
    if np.ptp(first) < 1e-12 or np.ptp(second) < 1e-12:
        return float("nan")
    return float(stats.spearmanr(first.ravel(), second.ravel()).statistic)
