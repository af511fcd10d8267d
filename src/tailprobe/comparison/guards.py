"""What keeps a recommendation from resting on a moved threshold: a gain that is free is not a method's.

Recall at a fixed threshold rises with anything that raises scores, so that a recommendation by recall, or by another
metric of decisions, could name a method whose whole gain a lower threshold of the baseline has too.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from tailprobe.comparison.description import signed
from tailprobe.comparison.gain_sources import on_the_low_frequency_classes, ranking_part, ranks_alike
from tailprobe.comparison.recommendation import Candidate, Recommendation, best_supported, no_effects
from tailprobe.scores.metric import metric_title


def guard(
    recommendation: Recommendation,
    decomposition: pd.DataFrame,
    candidates: Sequence[Candidate],
    *,
    baseline: str = "baseline",
) -> Recommendation:
    """Return a recommendation that does not rest only on a threshold.

    In a metric of decisions a method stays recommended only where it gains at the baseline's number of flagged images
    too: there more recall is more precision as well. Else the moved threshold takes its place: an arm that only moves
    thresholds where the study has one that gains, or the baseline.

    Args:
        recommendation: what the verdicts recommend.
        decomposition: as `decomposition.decompose` gives it.
        candidates: what the recommendation was chosen among.
        baseline: what it is called.
    """
    rows = on_the_low_frequency_classes(decomposition, encoder=recommendation.encoder, metric=recommendation.metric)
    free = rows[ranks_alike(rows) & (rows["difference_low"] > 0)]
    named = rows[(rows["method"] == recommendation.method) & ~ranks_alike(rows)]
    if named.empty or named["ranking_low"].iloc[0] > 0:
        return recommendation
    chosen = named.iloc[0]
    reason = _reason(chosen, metric_title(recommendation.metric))
    of_encoder = [c for c in candidates if c.encoder == recommendation.encoder]
    moved = best_supported([c for c in of_encoder if c.method in set(free["method"].astype(str))])
    if moved is None:
        sentence = f"Keep the baseline and move its threshold: {reason}"
        return replace(recommendation, method=baseline, sentence=sentence, **no_effects())
    interval = f"{signed(moved.effect_rare_low)} to {signed(moved.effect_rare_high)}"
    gains = f"{moved.method}, which trains nothing, gains {signed(moved.effect_rare)} ({interval})."
    return recommendation.using(moved, sentence=f"Move the baseline's threshold: {reason} {gains}")


def _reason(row: "pd.Series[float]", title: str) -> str:
    return (
        f"of {signed(row['difference'])} {title} that {row['method']} gains on the low-frequency classes, "
        f"{ranking_part(row)} is left with as many images flagged as by the baseline."
    )
