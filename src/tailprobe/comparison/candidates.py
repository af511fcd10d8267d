"""Every method as the recommendation weighs it: its gain and its cost with intervals that hold for all methods."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate
from tailprobe.comparison.min_p import SingleStep
from tailprobe.comparison.recommendation import Candidate
from tailprobe.comparison.table import clip_to_range
from tailprobe.comparison.words import IDENTICAL_RANKING, IMPROVES, NO_OP
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
        tests: by group, the joint test of all methods, whose critical level the intervals are at: the best of several
            methods is the one that chance has favoured most.
        verdicts: the table of verdicts.
    """
    rows = verdicts[verdicts["class_name"].eq(LOW_FREQUENCY) & verdicts["is_group"]].to_dict("records")
    found: list[Candidate] = []
    for c, e in zip(contrasts, estimates, strict=True):
        sign = -1 if lower_is_better(str(verdicts["metric"].iloc[0])) else 1
        better = replace(e, mean=sign * e.mean)
        gain, cost = (_effects(better, grouping.column(g), tests[g]) for g in (LOW_FREQUENCY, REMAINING))
        for i, method in enumerate(c.methods):
            row = rows[len(found)]
            # Of a method that was tested against another baseline: by its interval from this one.
            shown = float(gain["low"][i]) > 0 and row["verdict"] not in (NO_OP, IDENTICAL_RANKING)
            found.append(
                Candidate(
                    encoder=c.encoder,
                    method=method,
                    value=float(row["value"]),
                    effect_rare=float(gain["mean"][i]),
                    effect_rare_low=float(gain["low"][i]),
                    effect_rare_high=float(gain["high"][i]),
                    effect_remaining=float(cost["mean"][i]),
                    effect_remaining_low=float(cost["low"][i]),
                    effect_remaining_high=float(cost["high"][i]),
                    probability_of_benefit=float(gain["probability"][i]),
                    minimum_detectable_effect=float(row["minimum_detectable_effect"]),
                    seeds=int(row["seeds"]),
                    improves=row["verdict"] == IMPROVES if row["compared_with"] == baseline else shown,
                )
            )
    return found


def _effects(better: Estimate, column: int, test: SingleStep) -> dict[str, Float[np.ndarray, " M"]]:
    """Return a group's effects, their simultaneous intervals, and the probability of 0 or more for all at once."""
    low, high = clip_to_range(better.interval(level=1 - test.critical_level))
    mean, p = better.mean[:, column], better.p()[:, column]
    probability = np.where(mean > 0, 1 - test.adjust(p) / 2, p / 2)
    return {"mean": mean, "low": low[:, column], "high": high[:, column], "probability": probability}
