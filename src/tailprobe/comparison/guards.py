"""What keeps a recommendation from resting on a moved threshold: a gain that is free is not a method's.

Recall at a fixed threshold rises with anything that raises scores, so that a recommendation by recall, or by another
metric of decisions, could name a method whose whole gain a lower threshold of the baseline has too.
"""

from dataclasses import replace
from typing import Any

import pandas as pd
from scipy import stats

from tailprobe.comparison.description import signed
from tailprobe.comparison.gain_sources import on_the_low_frequency_classes, ranks_alike
from tailprobe.comparison.recommendation import Recommendation
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.metric import metric_title


def guard(
    recommendation: Recommendation, decomposition: pd.DataFrame, verdicts: pd.DataFrame, *, baseline: str = "baseline"
) -> Recommendation:
    """Return a recommendation that does not rest only on a threshold.

    In a metric of decisions a method stays recommended only where it gains at the baseline's number of flagged images
    too: there more recall is more precision as well. Else the moved threshold takes its place: an arm that only moves
    thresholds where the study has one that gains, or the baseline.

    Args:
        recommendation: what the verdicts recommend.
        decomposition: as `decomposition.decompose` gives it.
        verdicts: the study's, in the recommendation's metric.
        baseline: what it is called.
    """
    rows = on_the_low_frequency_classes(decomposition, encoder=recommendation.encoder, metric=recommendation.metric)
    free = rows[ranks_alike(rows) & (rows["difference_low"] > 0)]
    named = rows[(rows["method"] == recommendation.method) & ~ranks_alike(rows)]
    if named.empty or named["ranking_low"].iloc[0] > 0:
        return recommendation
    chosen = named.iloc[0]
    reason = _reason(chosen, metric_title(recommendation.metric))
    if free.empty:
        sentence = f"Keep the baseline and move its threshold: {reason}"
        nothing: dict[str, Any] = dict.fromkeys(_EFFECTS, 0.0)
        return replace(recommendation, method=baseline, sentence=sentence, probability_of_benefit=1.0, **nothing)
    moved = free.iloc[int(free["difference"].argmax())]
    interval = f"{signed(moved['difference_low'])} to {signed(moved['difference_high'])}"
    gains = f"{moved['method']}, which trains nothing, gains {signed(moved['difference'])} ({interval})."
    effects = _effects(verdicts, recommendation.encoder, str(moved["method"]))
    return replace(
        recommendation,
        method=str(moved["method"]),
        sentence=f"Move the baseline's threshold: {reason} {gains}",
        **effects,
    )


_EFFECTS = (
    "effect_rare", "effect_rare_low", "effect_rare_high", "effect_remaining", "effect_remaining_low",
    "effect_remaining_high",
)  # fmt: skip


def _reason(row: "pd.Series[float]", title: str) -> str:
    interval = f"{signed(row['ranking_low'])} to {signed(row['ranking_high'])}"
    return (
        f"of {signed(row['difference'])} {title} that {row['method']} gains on the low-frequency classes, "
        f"{signed(row['ranking'])} ({interval}) is left with as many images flagged as by the baseline."
    )


def _effects(verdicts: pd.DataFrame, encoder: str, method: str) -> dict[str, Any]:
    """Return a method's effects on both groups as a recommendation has them, from its rows of verdicts."""
    found: dict[str, Any] = {}
    low, high = ("simultaneous_low", "simultaneous_high") if "simultaneous_low" in verdicts else ("low", "high")
    rows = verdicts[(verdicts["encoder"] == encoder) & (verdicts["method"] == method) & verdicts["is_group"]]
    for group, name in ((LOW_FREQUENCY, "effect_rare"), (REMAINING, "effect_remaining")):
        of_group = rows[rows["class_name"] == group]
        row = of_group.iloc[0] if len(of_group) else pd.Series(float("nan"), index=["difference", low, high])
        found |= {name: float(row["difference"]), f"{name}_low": float(row[low]), f"{name}_high": float(row[high])}
    rare = rows[rows["class_name"] == LOW_FREQUENCY].iloc[0]
    error = (float(rare["high"]) - float(rare["low"])) / (2 * stats.norm.isf(0.025))
    benefit = float(stats.norm.cdf(float(rare["difference"]) / error)) if error > 0 else 1.0
    return found | {"probability_of_benefit": benefit}
