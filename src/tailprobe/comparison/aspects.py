"""What a method changes in ranking, decisions and calibration, measured together.

Each has its metrics: average precision, recall and F2 at a threshold, and the Brier score. They can disagree: a method
that flags more images has more recall, whatever its ranking; one that multiplies a loss by ten ranks as well as before
and no longer says probabilities.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.comparison.contrasts import contrasts_from_scores, estimate_differences
from tailprobe.comparison.grouping import Grouping
from tailprobe.groups import RULE_GROUPS
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import lower_is_better

RANKING, DECISIONS, CALIBRATION = ASPECTS = ("ranking", "decisions", "calibration")
BETTER, WORSE, UNCLEAR, UNCHANGED = DIRECTIONS = ("better", "worse", "unclear", "unchanged")
COLUMNS = ("encoder", "method", "class_name", "aspect", "metric", "difference", "low", "high", "direction")
_OF_SCORES = MappingProxyType({"average_precision": RANKING, "brier": CALIBRATION})
_OF_DECISIONS = ("recall", "precision", "f2")


def measure_aspects(
    scores: Mapping[HeadPart, HeadScores],
    decomposition: pd.DataFrame,
    *,
    labels: Bool[np.ndarray, "N C"],
    grouping: Grouping,
    baseline: str = "baseline",
    baselines: Mapping[str, str] = MappingProxyType({}),
    identical_ranking: Sequence[str] = (),
    no_ops: Sequence[str] = (),
    groups: Int[np.ndarray, " N"] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
) -> pd.DataFrame:
    """Measure every method's differences from its baseline in all three aspects, on the groups of classes.

    Args:
        scores: each head's test part.
        decomposition: of the same scores (`decomposition.decompose`); the metrics of decisions are taken from it.
        labels, grouping, baseline, baselines, identical_ranking, groups, known: as there.

        no_ops: methods that train their baseline's heads: a difference of theirs that is 0 is no estimate.

    Returns:
        A row for each (encoder, method, group, metric), with `COLUMNS`; low and high are 95% intervals of each row
        alone, the direction is that of the interval.
    """
    methods: dict[str, list[str]] = {}
    for encoder, method in dict.fromkeys((head.encoder, head.method) for head in scores if head.part == "test"):
        methods.setdefault(encoder, []).append(method)
    frames = [_of_decisions(decomposition)]
    for encoder, named in methods.items():
        others = [method for method in named if method != baseline]
        for metric, aspect in _OF_SCORES.items() if others else ():
            contrasts = contrasts_from_scores(
                scores, encoder=encoder, methods=others, baseline=baseline, metric=metric, grouping=grouping,
                labels=labels, baselines=baselines, groups=groups, known=known,
            )  # fmt: skip
            found = estimate_differences(contrasts, grouping)
            low, high = found.interval()
            for group in RULE_GROUPS:
                k = grouping.column(group)
                sides = {"difference": found.mean[:, k], "low": low[:, k], "high": high[:, k]}
                frame = pd.DataFrame({"method": others, **sides})
                frames.append(frame.assign(encoder=encoder, class_name=group, aspect=aspect, metric=metric))
    table = pd.concat(frames, ignore_index=True)
    same = table["method"].isin(list(identical_ranking)) & (table["aspect"] == RANKING)
    same |= table["method"].isin(list(no_ops)) & (table["difference"] == 0)
    table.loc[same, ["difference", "low", "high"]] = 0.0
    return table.assign(direction=_directions(table))[list(COLUMNS)]


def _of_decisions(decomposition: pd.DataFrame) -> pd.DataFrame:
    names = decomposition["metric"].str.partition("@")[0]
    groups = decomposition["is_group"].astype(bool) & decomposition["class_name"].isin(RULE_GROUPS)
    rows = decomposition[groups & names.isin(_OF_DECISIONS)]
    renamed = rows.rename(columns={"difference_low": "low", "difference_high": "high"})
    return renamed[["encoder", "method", "class_name", "metric", "difference", "low", "high"]].assign(aspect=DECISIONS)


def _directions(table: pd.DataFrame) -> list[str]:
    """Return the direction of each interval; one that contains 0 is unclear, one of no width at 0 unchanged."""
    lower = table["metric"].map(lower_is_better).to_numpy(bool)
    above, below = (table["low"] > 0).to_numpy(), (table["high"] < 0).to_numpy()
    nothing = ((table["low"] == 0) & (table["high"] == 0)).to_numpy()
    better = np.where(lower, below, above)
    return np.select([nothing, better, above | below], [UNCHANGED, BETTER, WORSE], UNCLEAR).tolist()
