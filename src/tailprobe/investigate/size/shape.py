"""The shape of a learning curve: a jump at a threshold, steady growth, or undecided.

With d_k the mean gain of doubling k, of D doublings, and G their sum, the whole gain:

- jump: for one k > 1 both d_k > G / 2, one doubling brings half of the whole, and d_k above the mean of the doublings
  before it, the growth accelerates; both with simultaneous confidence. A power law does neither: its gains per doubling
  only fall.
- steady: d_k < G / 2 for every k > 1, with simultaneous confidence.
- flat: the whole gain is within the margin.
- open: none of these is shown.

The first doubling may bring half of the whole under steady growth too: returns that diminish quickly.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from tailprobe.comparison.joint import JointSample
from tailprobe.comparison.words import within_margin
from tailprobe.investigate.joint_estimate import estimate_contrasts_jointly

Shape = Literal["jump", "steady", "flat", "open"]
LEAST_STEPS = 5  # of fewer doublings each may well bring half of the whole gain


@dataclass(frozen=True)
class Verdict:
    """What a class's steps say of its shape."""

    shape: Shape
    gain: float  # from the smallest step to the largest
    gain_low: float
    gain_high: float
    at: int | None = None  # of a jump: images after it


def classify_shape(images: Int[np.ndarray, " K"], sample: JointSample, *, margin: float) -> Verdict:
    """Tell the shape of the scores at K steps.

    Args:
        images: of each step, ascending.
        sample: the K scores over the same seeds and images.
        margin: smaller gains make no difference in practice.
    """
    steps = len(images)
    whole = np.zeros((1, steps))
    whole[0, [0, -1]] = -1, 1
    total = estimate_contrasts_jointly(sample, whole)
    low, high = total.band()
    found = float(total.estimate.mean[0]), float(low[0]), float(high[0])
    if within_margin(low, high, margin)[0]:
        return Verdict("flat", *found)
    if steps < LEAST_STEPS or not found[1] > 0:
        return Verdict("open", *found)
    half, faster = _contrasts(steps)
    together = estimate_contrasts_jointly(sample, np.concatenate([half, faster]))
    low, high = together.band()
    jumps = (low[: steps - 2] > 0) & (low[steps - 2 :] > 0)
    if jumps.any():
        return Verdict("jump", *found, at=int(images[2 + int(np.argmax(jumps))]))
    return Verdict("steady" if (high[: steps - 2] < 0).all() else "open", *found)


def _contrasts(steps: int) -> tuple[Float[np.ndarray, "Q K"], Float[np.ndarray, "Q K"]]:
    """Return, for each doubling but the first, what it brings above half of the whole, and above those before it."""
    doubling = np.diff(np.eye(steps), axis=0)  # (K - 1, K)
    half = doubling[1:] - doubling.sum(axis=0) / 2
    faster = np.stack([doubling[k] - doubling[:k].mean(axis=0) for k in range(1, steps - 1)])
    return half, faster
