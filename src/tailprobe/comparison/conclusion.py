"""The answer of a study as one typed value: use a method, none is worth it, cannot tell yet, or trained too short.

Everything that states the answer (recommendation.json, page, terminal, notebook, classifier) states this one, with its
one interval and its one minimum detectable effect. `conclude.conclude` computes it, once.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["use", "not worth it", "cannot tell", "trained too short"]
USE: Final = "use"
NOT_WORTH_IT: Final = "not worth it"
CANNOT_TELL: Final = "cannot tell"
TRAINED_TOO_SHORT: Final = "trained too short"


@dataclass(frozen=True)
class Conclusion:
    """The answer on the low-frequency classes under one encoder. Numbers are NaN if nothing was tested."""

    kind: Kind
    encoder: str
    method: str  # to use, or the best bet; the baseline if no method is
    about: str  # the method whose numbers are stated: the best supported one; empty where nothing was tested
    metric: str
    headline: str
    sentence: str  # with the interval
    settle: str  # what would settle an open answer; empty if nothing is open
    difference: float  # from the baseline
    low: float  # of the simultaneous interval
    high: float
    level: float  # of that interval: 0.96 where the primary question is tested at .04
    detectable: float  # minimum detectable effect

    @property
    def text(self) -> str:
        """The answer in one paragraph: headline, sentence and what would settle it."""
        return " ".join(filter(None, (self.headline, self.sentence, self.settle)))
