"""What the studies show: coverage of the intervals, false findings and power, each with its Monte Carlo error."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from benchmarks.power.truth import HELPED, Oracle, shifted
from tailprobe.comparison.contrasts import Contrasts, estimate_differences
from tailprobe.comparison.further import CALIBRATION_METRIC, Measured, answer_question, estimate_encoders
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.question import CALIBRATION, ENCODERS, further_questions
from tailprobe.comparison.verdict import decide_verdicts
from tailprobe.comparison.words import IMPROVES, WORSENS
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.metric import default_margin

STRENGTH = 3.0  # of the planted effects, in standard deviations of a difference with ten seeds and independent splits
LEVEL = 0.04  # of the primary question
BANDS = {"20 and more": (20, np.inf), "10 to 19": (10, 20), "5 to 9": (5, 10)}  # test positives

Study = Contrasts | Sequence[Contrasts]  # of one encoder, or of several
Decide = Callable[[Study], pd.DataFrame]


def decide_with(grouping: Grouping, metric: str) -> Decide:
    """Return tailprobe's own decision: contrasts to the table of verdicts."""
    return lambda study: (
        decide_verdicts([study] if isinstance(study, Contrasts) else study, grouping, metric=metric).verdicts
    )


def answer_encoders(study: Sequence[Contrasts], grouping: Grouping, metric: str) -> pd.DataFrame:
    """Return tailprobe's answers to the question of encoders, from their contrasts."""
    estimates = [estimate_encoders(c, grouping) for c in study]
    measured = Measured(study, _compared_with(study, "other"), estimates, metric, default_margin(metric))
    return answer_question(further_questions([ENCODERS])[0], measured, grouping)


def answer_calibration(study: Sequence[Contrasts], grouping: Grouping) -> pd.DataFrame:
    """Return tailprobe's answers to the question of calibration, from contrasts in the Brier score."""
    estimates, margin = [estimate_differences(c, grouping) for c in study], default_margin(CALIBRATION_METRIC)
    measured = Measured(study, _compared_with(study, "baseline"), estimates, CALIBRATION_METRIC, margin)
    return answer_question(further_questions([CALIBRATION])[0], measured, grouping)


def _compared_with(study: Sequence[Contrasts], name: str) -> list[list[str]]:
    return [[name] * len(c.methods) for c in study]


def answers(tables: Sequence[pd.DataFrame]) -> str:
    """Return how often a further question found something, and how many of its 95% intervals hold a difference of 0."""
    false = float(np.mean([table["verdict"].isin([IMPROVES, WORSENS]).any() for table in tables]))
    held = 100 * np.mean([(table["low"] <= 0) & (table["high"] >= 0) for table in tables], axis=0)
    return (
        f"false {100 * false:.1f}% ± {100 * _error(false, len(tables)):.1f}, covered {held.mean():.1f}%, "
        f"least of an arm {held.min():.1f}% ({len(tables)} studies)"
    )


def coverage(
    studies: Sequence[Contrasts], truth: Float[np.ndarray, "M K"], grouping: Grouping, *, metric: str
) -> pd.DataFrame:
    """Return how many of 100 uncorrected 95% intervals hold the truth.

    Returns:
        One row per method, a column a band of test positives or a group.
    """
    intervals = [estimate_differences(study, grouping, metric=metric).interval() for study in studies]
    inside = np.mean([(low <= truth) & (truth <= high) for low, high in intervals], axis=0)  # (M, K)
    columns = bands(np.mean([study.support for study in studies], axis=0), grouping)
    shares = {name: 100 * inside[:, k].mean(axis=1) for name, k in columns.items() if len(k)}
    return pd.DataFrame(shares, index=list(studies[0].methods))


def bands(support: Float[np.ndarray, " C"], grouping: Grouping) -> dict[str, Int[np.ndarray, " k"]]:
    """Return the columns of each band of test positives and of both groups."""
    of_classes = {name: np.flatnonzero((support >= low) & (support < high)) for name, (low, high) in BANDS.items()}
    return of_classes | {group: np.array([grouping.column(group)]) for group in (LOW_FREQUENCY, REMAINING)}


@dataclass(frozen=True)
class FalseFindings:
    """Shares of studies in which a method without any mean effect was said to have one."""

    primary: float
    table: float
    studies: int

    def __str__(self) -> str:
        low, table = (f"{100 * share:.1f}% ± {100 * _error(share, self.studies):.1f}" for share in self.shares)
        return f"low-frequency {low}, anywhere in the table {table} ({self.studies} studies)"

    @property
    def shares(self) -> tuple[float, float]:
        """Both shares."""
        return self.primary, self.table


def false_findings(studies: Sequence[Study], decide: Decide, *, idle: Sequence[str]) -> FalseFindings:
    """Count false findings among the methods `idle`."""
    return count_findings([decide(study) for study in studies], idle=idle)


def count_findings(tables: Sequence[pd.DataFrame], *, idle: Sequence[str]) -> FalseFindings:
    """Count the studies, by their tables of verdicts, that find something of the methods `idle`."""
    primary, table = [], []
    for verdicts in tables:
        found = verdicts["verdict"].isin([IMPROVES, WORSENS]) & verdicts["method"].isin(idle)
        table.append(bool(found.any()))
        primary.append(bool((found & _is_low_frequency(verdicts)).any()))
    return FalseFindings(float(np.mean(primary)), float(np.mean(table)), len(tables))


@dataclass(frozen=True)
class Power:
    """How often the planted effects on the low-frequency classes are found, by tailprobe and by the oracle."""

    ours: float
    error: float  # standard error of `ours`, over studies
    oracle: float
    detectable: float  # mean minimum detectable effect on the low-frequency group
    false: FalseFindings  # of the methods without an effect
    effects: tuple[float, ...]


def power(
    studies: Sequence[Contrasts],
    truth: Float[np.ndarray, "M K"],
    effects: Float[np.ndarray, "M K"],
    grouping: Grouping,
    decide: Decide,
) -> Power:
    """Plant effects into centred studies and count the findings of `HELPED`."""
    column = grouping.column(LOW_FREQUENCY)
    oracle = Oracle.of(studies, column, level=LEVEL)
    helped = list(HELPED)
    ours, best, detectable, tables = [], [], [], []
    for study in studies:
        planted = shifted(study, effects - truth)
        verdicts = decide(planted)
        tables.append(verdicts)
        rows = verdicts[_is_low_frequency(verdicts)].reset_index(drop=True)
        ours.append(rows["verdict"].eq(IMPROVES)[helped].mean())
        best.append(oracle.finds(planted, column)[helped].mean())
        detectable.append(rows["minimum_detectable_effect"].mean())
    return Power(
        float(np.mean(ours)),
        float(np.std(ours, ddof=1) / np.sqrt(len(ours))),
        float(np.mean(best)),
        float(np.nanmean(detectable)),
        count_findings(tables, idle=[name for place, name in enumerate(studies[0].methods) if place not in HELPED]),
        tuple(float(effects[method, column]) for method in helped),
    )


def _is_low_frequency(verdicts: pd.DataFrame) -> Bool[pd.Series, " R"]:
    return verdicts["is_group"] & (verdicts["class_name"] == LOW_FREQUENCY)


def _error(share: float, studies: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 1 / studies) / studies))
