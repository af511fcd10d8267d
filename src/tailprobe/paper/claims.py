"""The paper's three findings as claims to check a run against, and when a claim holds."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tailprobe.groups import LOW_FREQUENCY, REMAINING


class Direction(StrEnum):
    """What a claim says of a method's difference from the baseline."""

    SAME = "same"
    NOT_WORSE = "not worse"
    BETTER = "better"
    WORSE = "worse"


class Verdict(StrEnum):
    """What a run says of a claim."""

    HOLDS = "holds"
    CONTRADICTED = "does not hold"
    OPEN = "open"


@dataclass(frozen=True)
class Claim:
    """What the paper says that a method does to a group of classes."""

    method: str  # its name as registered; the claim is about the mean of its settings
    group: str
    words: str
    direction: Direction
    headline: bool = True  # whether the finding's own sentence says it, or only its explanation


@dataclass(frozen=True)
class Finding:
    """One of the paper's observations, in its own words, and the claims it makes."""

    section: str
    words: str
    claims: tuple[Claim, ...]


FINDINGS = (
    Finding(
        "5.1",
        "Up-weighting the loss for low-frequency classes does not have a significant effect on the performance on any "
        "of the classes.",
        (
            Claim("reweight", LOW_FREQUENCY, "no effect", Direction.SAME),
            Claim("reweight", REMAINING, "no effect", Direction.SAME),
        ),
    ),
    Finding(
        "5.2",
        "Undersampling produces a comparable performance to the baseline on the low-frequency classes while reducing "
        "the performance on the other classes.",
        (
            Claim("undersample", LOW_FREQUENCY, "same or better", Direction.NOT_WORSE),
            Claim("undersample", REMAINING, "reduces", Direction.WORSE),
        ),
    ),
    Finding(
        "5.3",
        "Oversampling generally improves performance across low-frequency classes.",
        (
            Claim("oversample", LOW_FREQUENCY, "improves", Direction.BETTER),
            Claim("oversample", REMAINING, "drops at times", Direction.WORSE, headline=False),
        ),
    ),
)


def verdict_on(direction: Direction, *, low: float, high: float, margin: float) -> Verdict:
    """Return what an interval of a difference says of a claim.

    A claim holds where the whole interval is as it says: within the margin for the same, above -margin for not worse,
    above or below 0 for better or worse. It is contradicted where the whole interval is otherwise: beyond 0 and not
    within the margin for the same, below 0 and not within the margin for not worse, below the margin for better, above
    -margin for worse. Between the two, and without an interval, it stays open.

    Args:
        low, high: of the confidence interval; NaN if there is none.
        margin: differences within it are practically negligible.

    >>> [str(verdict_on(d, low=-0.01, high=0.01, margin=0.02)) for d in Direction]
    ['holds', 'holds', 'does not hold', 'does not hold']
    >>> [str(verdict_on(d, low=-0.1, high=0.1, margin=0.02)) for d in Direction]
    ['open', 'open', 'open', 'open']
    >>> [str(verdict_on(d, low=-0.1, high=-0.01, margin=0.02)) for d in Direction]
    ['does not hold', 'does not hold', 'does not hold', 'holds']
    """
    if np.isnan(low) or np.isnan(high):
        return Verdict.OPEN
    within = -margin < low and high < margin
    holds, contradicted = {
        Direction.SAME: (within, low > 0 or high < 0),
        Direction.NOT_WORSE: (low > -margin, high < 0),
        Direction.BETTER: (low > 0, high < margin),
        Direction.WORSE: (high < 0, low > -margin),
    }[direction]
    return Verdict.HOLDS if holds else Verdict.CONTRADICTED if contradicted else Verdict.OPEN


def verdict_of_finding(verdicts: list[Verdict]) -> Verdict:
    """Return a finding's verdict from those of its claims: it holds where all hold, and falls with any.

    >>> str(verdict_of_finding([Verdict.HOLDS, Verdict.OPEN]))
    'open'
    """
    if Verdict.CONTRADICTED in verdicts:
        return Verdict.CONTRADICTED
    return Verdict.HOLDS if verdicts and set(verdicts) == {Verdict.HOLDS} else Verdict.OPEN
