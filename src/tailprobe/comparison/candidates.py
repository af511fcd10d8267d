"""Every method as the recommendation weighs it: its gain and its cost with intervals that hold for all methods."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate
from tailprobe.comparison.min_p import SingleStep
from tailprobe.comparison.recommendation import Candidate
from tailprobe.comparison.table import clip_to_range
from tailprobe.comparison.words import IMPROVES
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.metric import lower_is_better


def candidates(
    contrasts: Sequence[Contrasts],
    estimates: Sequence[Estimate],
    tests: Mapping[str, SingleStep],
    verdicts: pd.DataFrame,
    grouping: Grouping,
    *,
    baseline: str,
) -> list[Candidate]:
    """Return every method under every encoder.

    Args:
        contrasts, estimates: of differences from one baseline.
        tests: by group, the joint test of all methods from that baseline, whose critical level the intervals are at:
            the best of several methods is the one that chance has favoured most.
        verdicts: the table of verdicts. The numbers of methods that it compares with the same baseline are its own.
    """
    rows, cost_rows = (
        verdicts[verdicts["class_name"].eq(group) & verdicts["is_group"]].to_dict("records")
        for group in (LOW_FREQUENCY, REMAINING)
    )
    found: list[Candidate] = []
    for c, e in zip(contrasts, estimates, strict=True):
        sign = -1 if lower_is_better(str(verdicts["metric"].iloc[0])) else 1
        better = replace(e, mean=sign * e.mean)
        of_groups = [_effects(better, grouping.column(g), tests[g]) for g in (LOW_FREQUENCY, REMAINING)]
        for i, method in enumerate(c.methods):
            row, cost_row = rows[len(found)], cost_rows[len(found)]
            if row["compared_with"] == baseline:
                gain, cost = _of_row(row, sign), _of_row(cost_row, sign)
            else:
                gain, cost = (
                    _Effect.unknown(effects[i].mean) if math.isnan(of["critical_level"]) else effects[i]
                    for of, effects in zip((row, cost_row), of_groups, strict=True)
                )
            # Of a method that was tested against another baseline: by its interval from this one.
            shown = gain.low > 0
            found.append(
                Candidate(
                    encoder=c.encoder,
                    method=method,
                    value=float(row["value"]),
                    effect_rare=gain.mean,
                    effect_rare_low=gain.low,
                    effect_rare_high=gain.high,
                    effect_remaining=cost.mean,
                    effect_remaining_low=cost.low,
                    effect_remaining_high=cost.high,
                    probability_of_benefit=gain.probability,
                    minimum_detectable_effect=gain.detectable,
                    seeds=int(row["seeds"]),
                    improves=row["verdict"] == IMPROVES if row["compared_with"] == baseline else shown,
                )
            )
    return found


class _Effect(NamedTuple):
    """A group's effect, positive where better, with its simultaneous interval; NaN but for the mean if not tested."""

    mean: float
    low: float
    high: float
    probability: float  # of 0 or more, for all methods at once
    detectable: float

    @classmethod
    def unknown(cls, mean: float = math.nan) -> "_Effect":
        return cls(mean, *[math.nan] * 4)


def _of_row(row: Mapping[Hashable, Any], sign: int) -> _Effect:
    """Return what a row of the table of verdicts says."""
    mean = sign * float(row["difference"])
    if math.isnan(row["critical_level"]):
        return _Effect.unknown(mean)
    low, high = sorted((sign * float(row["simultaneous_low"]), sign * float(row["simultaneous_high"])))
    probability = 1 - float(row["p_adjusted"]) / 2 if mean > 0 else float(row["p"]) / 2
    return _Effect(mean, low, high, probability, float(row["minimum_detectable_effect"]))


def _effects(better: Estimate, column: int, test: SingleStep) -> list[_Effect]:
    """Return a group's effects, their simultaneous intervals, and the probability of 0 or more for all at once."""
    low, high = clip_to_range(better.interval(level=1 - test.critical_level))
    mean, p = better.mean[:, column], better.p()[:, column]
    probability = np.where(mean > 0, 1 - test.adjust(p) / 2, p / 2)
    detectable = better.minimum_detectable_effect(level=test.critical_level)[:, column]
    columns = (mean, low[:, column], high[:, column], probability, np.where(detectable > 1, np.nan, detectable))
    return [_Effect(*(float(number) for number in numbers)) for numbers in zip(*columns, strict=True)]
