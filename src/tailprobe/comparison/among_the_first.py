"""A difference in ranking as images: how many of a class's images are ranked among the first by each method.

Average precision says little to who looks through images by score. How many of a class's 20 images are among the 30
that a head ranks first does.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

PER_POSITIVE = 1.5  # images looked through, for each image of the class in the test part


@dataclass(frozen=True)
class TopRankedImages:
    """Of one class, means over the seeds: a test part of one seed has a few images more or less."""

    class_name: str
    positives: float  # images of the test part that carry it
    looked_through: float
    found: float  # of them, by the method
    found_baseline: float

    @property
    def sentence(self) -> str:
        """As text.

        >>> TopRankedImages("mine", 20.2, 30.0, 17.0, 15.0).sentence
        'Of 20.2 images of mine in a test part (mean over seeds), 17 rather than 15 are among the first 30 by score.'
        """
        digits = 1 if 0.05 <= abs(self.found - self.found_baseline) < 1 else 0  # 3.4 and 3.6 are not 3 and 4
        shown = f"{self.found:.{digits}f}"
        rather = f"{shown} rather than {self.found_baseline:.{digits}f}"
        mean = "" if self.positives == round(self.positives) else " (mean over seeds)"
        same = shown == f"{self.found_baseline:.{digits}f}"
        return (
            f"Of {self.positives:.3g} images of {self.class_name} in a test part{mean}, "
            f"{f'{shown} either way' if same else rather} are among the first {self.looked_through:.0f} by score."
        )


def positives_in_top(
    labels: Bool[np.ndarray, "T C"], scores: Float[np.ndarray, "T C"], first: Int[np.ndarray, " C"]
) -> Float[np.ndarray, " C"]:
    """Return how many of each class's positives are among the `first` highest scores; ties in expectation.

    Args:
        first: in each class, at least 1 and at most T.

    >>> labels = np.array([[True], [False], [True]])
    >>> positives_in_top(labels, np.array([[0.5], [0.5], [0.1]]), np.array([1])).tolist()
    [0.5]
    """
    falling = -np.sort(-scores, axis=0)
    last = falling[first - 1, np.arange(len(first))]  # the lowest score that is still looked at
    above, at = scores > last, scores == last
    room = first - above.sum(axis=0)
    return np.asarray((labels & above).sum(axis=0) + (labels & at).sum(axis=0) * room / at.sum(axis=0))


def top_sizes(positives: Int[np.ndarray, " C"], images: int) -> Int[np.ndarray, " C"]:
    """Return `PER_POSITIVE` images for each positive, at least one and at most all."""
    return np.asarray(np.clip(np.ceil(PER_POSITIVE * positives), 1, images).astype(np.int64))
