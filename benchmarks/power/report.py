"""What the studies show: coverage of the intervals, false findings and power, each with its Monte Carlo error."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from benchmarks.power.truth import HELPED, Oracle, shifted
from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.verdict import decide_verdicts
from tailprobe.comparison.words import IMPROVES, WORSENS
from tailprobe.groups import LOW_FREQUENCY, REMAINING

STRENGTH = 3.0  # of the planted effects, in standard deviations of a difference with ten seeds and independent splits
LEVEL = 0.04  # of the primary question
BANDS = {"20 and more": (20, np.inf), "10 to 19": (10, 20), "5 to 9": (5, 10)}  # test positives

Decide = Callable[[Contrasts], pd.DataFrame]


def decide_with(grouping: Grouping, metric: str) -> Decide:
    """Return tailprobe's own decision: contrasts to the table of verdicts."""
    return lambda study: decide_verdicts([study], grouping, metric=metric).verdicts


def coverage(studies: Sequence[Contrasts], truth: Float[np.ndarray, "M K"], decide: Decide) -> pd.DataFrame:
    """Return how many of 100 intervals hold the truth: a row a method, a column a band of test positives or a group."""
    tables = [decide(study) for study in studies]
    first = tables[0]
    inside = np.array([(t["low"] <= truth.ravel()) & (truth.ravel() <= t["high"]) for t in tables])  # (studies, M K)
    support = np.mean([t["support"] for t in tables], axis=0)
    columns = {name: ~first["is_group"] & (support >= low) & (support < high) for name, (low, high) in BANDS.items()}
    for group in (LOW_FREQUENCY, REMAINING):
        columns[group] = first["is_group"] & (first["class_name"] == group)
    methods = first["method"].unique()
    shares = {
        name: [100 * inside[:, (chosen & (first["method"] == method)).to_numpy()].mean() for method in methods]
        for name, chosen in columns.items()
    }
    return pd.DataFrame(shares, index=methods)


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


def false_findings(studies: Sequence[Contrasts], decide: Decide, *, idle: Sequence[str]) -> FalseFindings:
    """Count false findings among the methods `idle`."""
    primary, table = [], []
    for study in studies:
        verdicts = decide(study)
        found = verdicts["verdict"].isin([IMPROVES, WORSENS]) & verdicts["method"].isin(idle)
        table.append(bool(found.any()))
        primary.append(bool((found & _is_low_frequency(verdicts)).any()))
    return FalseFindings(float(np.mean(primary)), float(np.mean(table)), len(studies))


@dataclass(frozen=True)
class Power:
    """How often the planted effects on the low-frequency classes are found, by tailprobe and by the oracle."""

    ours: float
    error: float  # standard error of `ours`, over studies
    oracle: float
    detectable: float  # mean minimum detectable effect on the low-frequency group
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
    ours, best, detectable = [], [], []
    for study in studies:
        planted = shifted(study, effects - truth)
        verdicts = decide(planted)
        rows = verdicts[_is_low_frequency(verdicts)].reset_index(drop=True)
        ours.append(rows["verdict"].eq(IMPROVES)[helped].mean())
        best.append(oracle.finds(planted, column)[helped].mean())
        detectable.append(rows["minimum_detectable_effect"].mean())
    return Power(
        float(np.mean(ours)),
        float(np.std(ours, ddof=1) / np.sqrt(len(ours))),
        float(np.mean(best)),
        float(np.nanmean(detectable)),
        tuple(float(effects[method, column]) for method in helped),
    )


def _is_low_frequency(verdicts: pd.DataFrame) -> Bool[pd.Series, " R"]:
    return verdicts["is_group"] & (verdicts["class_name"] == LOW_FREQUENCY)


def _error(share: float, studies: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 1 / studies) / studies))
