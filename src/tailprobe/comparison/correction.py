"""Many comparisons at once: p-values made so that the whole table can be read, not one line of it."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.stats import false_discovery_control

from tailprobe.errors import InputError

Correction = Literal["holm", "benjamini-hochberg"]


def adjust(p: Float[np.ndarray, " K"], *, correction: str = "holm") -> Float[np.ndarray, " K"]:
    """Adjust p-values; one at or below 0.05 then counts at the level 0.05 of the whole table.

    Args:
        p: (K,) in [0, 1]; NaN for comparisons that were not tested, which cost the others nothing.
        correction: "holm" holds the chance of any false finding, whatever the dependence; "benjamini-hochberg" the
            expected share of false ones among the findings, under positive dependence.

    Raises:
        InputError: an unknown correction.

    Source:
        Holm, Scandinavian Journal of Statistics 1979; Benjamini and Hochberg, JRSS B 1995 (scipy's).

    >>> adjust(np.array([0.01, 0.04, np.nan, 0.03]))
    array([0.03, 0.06,  nan, 0.06])
    """
    known: dict[str, Callable[[Float[np.ndarray, " K"]], Float[np.ndarray, " K"]]] = {
        "holm": _holm,
        "benjamini-hochberg": false_discovery_control,
    }
    if correction not in known:
        raise InputError(f"correction {correction!r} is not known; choose among {', '.join(known)}")
    adjusted = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        adjusted[tested] = known[correction](p[tested])
    return adjusted


def _holm(p: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted
