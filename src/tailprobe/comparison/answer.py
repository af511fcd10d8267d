"""The answer of a method in ranking, decisions and calibration together: where they disagree, and why.

No metric decides alone. Recall at a fixed threshold rewards flagging many images; average precision does not see
thresholds at all; neither sees whether scores are probabilities.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from tailprobe.comparison.aspects import BETTER, CALIBRATION, DECISIONS, RANKING, WORSE
from tailprobe.comparison.description import signed
from tailprobe.comparison.gain_sources import ranking_part
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.scores.metric import metric_title

_DECIDED_BY = ("recall", "precision", "f2")


@dataclass(frozen=True)
class Aspect:
    """What a method changes in one metric."""

    aspect: str
    metric: str
    difference: float
    low: float
    high: float
    direction: str  # better, worse, unclear, unchanged

    def __str__(self) -> str:
        """Return the difference in words, e.g. `recall at 0.5 +0.125 (+0.069 to +0.181)`."""
        interval = f"{signed(self.low)} to {signed(self.high)}"
        return f"{metric_title(self.metric)} {signed(self.difference)} ({interval})"


@dataclass(frozen=True)
class Answer:
    """A method on one group of classes, in all three aspects."""

    encoder: str
    method: str
    ranking: Aspect
    decisions: tuple[Aspect, ...]  # recall, precision and F2 at one rule of thresholds
    calibration: Aspect
    reasons: tuple[str, ...]  # why they disagree; empty if they do not

    @property
    def agree(self) -> bool:
        """Whether the aspects agree: none improves while another worsens, and a gain in one is a gain in all."""
        return not self.reasons

    @property
    def sentence(self) -> str:
        """State all three, then why they disagree."""
        decided = ", ".join(map(str, self.decisions))
        stated = f"{self.method}: ranking {self.ranking}; decisions {decided}; calibration {self.calibration}."
        return " ".join([stated, *(self.reasons or ("They do not contradict each other.",))])


def answer(
    aspects: pd.DataFrame,
    decomposition: pd.DataFrame,
    *,
    encoder: str,
    method: str,
    rule: str,
    group: str = LOW_FREQUENCY,
) -> Answer | None:
    """Return the answer of a method, None if an aspect was not measured.

    Args:
        aspects: as `aspects.measure_aspects` gives them.
        decomposition: as `decomposition.decompose` gives it, for the reasons.
        rule: of the thresholds, as the metrics name it.
        group: of classes.
    """
    rows = _of(aspects, encoder, method, group)
    known = {str(row["metric"]): _aspect(row) for _, row in rows[rows["difference"].notna()].iterrows()}
    wanted = ["average_precision", *(f"{name}@{rule}" for name in _DECIDED_BY), "brier"]
    if not set(wanted) <= set(known):
        return None
    ranking, recall, precision, f2, calibration = (known[name] for name in wanted)
    taken_apart = _of(decomposition, encoder, method, group)
    parts = taken_apart[taken_apart["is_group"] & (taken_apart["metric"] == recall.metric)]
    reasons = _reasons(ranking, recall, precision, f2, calibration, parts)
    return Answer(encoder, method, ranking, (recall, precision, f2), calibration, tuple(reasons))


def _of(table: pd.DataFrame, encoder: str, method: str, group: str) -> pd.DataFrame:
    chosen = (table["encoder"] == encoder) & (table["method"] == method) & (table["class_name"] == group)
    return table[chosen]


def _aspect(row: "pd.Series[Any]") -> Aspect:
    difference, low, high = (float(row[name]) for name in ("difference", "low", "high"))
    return Aspect(str(row["aspect"]), str(row["metric"]), difference, low, high, str(row["direction"]))


def _reasons(
    ranking: Aspect, recall: Aspect, precision: Aspect, f2: Aspect, calibration: Aspect, parts: pd.DataFrame
) -> list[str]:
    """Explain why aspects disagree, most important reason first."""
    assert (ranking.aspect, recall.aspect, calibration.aspect) == (RANKING, DECISIONS, CALIBRATION)
    reasons = []
    if recall.direction == BETTER and ranking.direction != BETTER:
        reasons += [_flags_more(recall, part) for _, part in parts.iterrows()]
    if recall.direction == BETTER and WORSE in (precision.direction, f2.direction):
        fallen = precision if precision.direction == WORSE else f2
        reasons.append(f"The recall is paid for: {fallen}.")
    if ranking.direction == WORSE and recall.direction != WORSE:
        reasons.append("Its ranking is worse: reviewing images in order of score finds fewer in the same number.")
    if ranking.direction == BETTER and recall.direction != BETTER:
        reasons.append("It ranks better without flagging more at this threshold; a moved threshold makes use of it.")
    if calibration.direction == WORSE and BETTER in (ranking.direction, recall.direction):
        reasons.append("Its scores are further from probabilities: do not read 0.3 as three in ten.")
    return reasons


def _flags_more(recall: Aspect, part: "pd.Series[float]") -> str:
    flagged = f"{part['flagged']:,.1f} images a test part instead of {part['flagged_baseline']:,.1f}"
    return (
        f"Recall rises because it flags {flagged}: with as many flagged as by the baseline the change is "
        f"{ranking_part(part)}."
    )
