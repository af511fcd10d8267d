"""The words of a verdict, and when each is said."""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float

NO_OP: Final = "no-op"  # trains the baseline's heads
IDENTICAL_RANKING: Final = "identical ranking"  # by construction, so a metric of the ranking cannot differ
IMPROVES: Final = "improves"
WORSENS: Final = "worsens"
PRACTICALLY_EQUAL: Final = "practically equal"
UNDERPOWERED: Final = "underpowered"
INCONCLUSIVE: Final = "inconclusive"
NOT_TESTED: Final = "not tested"
VERDICTS: Final = (
    NO_OP, IDENTICAL_RANKING, IMPROVES, WORSENS, PRACTICALLY_EQUAL, UNDERPOWERED, INCONCLUSIVE, NOT_TESTED,
)  # fmt: skip
NO_VERDICT: Final = ""  # the row belongs to no question: an estimate with its own 95% interval

MIN_POSITIVES: Final = (
    5  # fewer in the test part: a class is not tested, its intervals do not hold (docs/statistics.md)
)
# Two seeds leave one degree of freedom: on simulated studies up to 14% of null effects were then significant.
MIN_SEEDS: Final = 3
MIN_POSITIVES_FOR_NULL: Final = 20  # with fewer, and a minimum detectable effect above `LARGE_EFFECT`: underpowered
LARGE_EFFECT: Final = 0.1


def within_margin(low: Float[np.ndarray, " R"], high: Float[np.ndarray, " R"], margin: float) -> Bool[np.ndarray, " R"]:
    """Return whether intervals lie inside -margin to margin, ends left out; not if there is none (NaN)."""
    return np.asarray((low > -margin) & (high < margin))


def verdict_words(
    *,
    asked: Bool[np.ndarray, " R"],
    tested: Bool[np.ndarray, " R"],
    rejected: Bool[np.ndarray, " R"],
    better: Bool[np.ndarray, " R"],
    equal: Bool[np.ndarray, " R"],
    support: Float[np.ndarray, " R"],
    detectable: Float[np.ndarray, " R"],
) -> list[str]:
    """Return the verdict of each row that is not known beforehand.

    Args:
        asked: the row belongs to a question.
        tested: it was tested there.
        rejected: that its difference is 0 was rejected.
        better: the difference is to the better.
        equal: its simultaneous interval is within the margin.
        support: test positives.
        detectable: minimum detectable effect, NaN if none would be.

    >>> yes, no = np.array([True]), np.array([False])
    >>> row = {"asked": yes, "tested": yes, "better": yes, "support": np.array([9.0]), "detectable": np.array([0.2])}
    >>> [verdict_words(**row, rejected=r, equal=e)[0] for r, e in ((yes, yes), (no, yes), (no, no))]
    ['improves', 'practically equal', 'underpowered']
    """
    underpowered = (support < MIN_POSITIVES_FOR_NULL) & ~(detectable <= LARGE_EFFECT)
    conditions = [~asked, ~tested, rejected & better, rejected, equal, underpowered]
    words = [NO_VERDICT, NOT_TESTED, IMPROVES, WORSENS, PRACTICALLY_EQUAL, UNDERPOWERED]
    return [str(word) for word in np.select(conditions, words, INCONCLUSIVE)]
