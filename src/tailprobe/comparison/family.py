"""What a family of methods does on average: one number for a claim about all of its settings.

A statement such as "reweighting changes nothing" is about six factors at once. Its measure is the mean of their
differences from the baseline of the same seed, with the same components of variance as one method's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.comparison.contrasts import Contrasts, contrasts_from_scores
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import estimate_shrunk, rule_of_three
from tailprobe.comparison.table import clip_to_range
from tailprobe.comparison.trend import combine_methods
from tailprobe.scores.head_scores import HeadPart, HeadScores

MIN_SEEDS = 3  # as of verdicts: two leave one degree of freedom


@dataclass(frozen=True)
class FamilyEffect:
    """The mean difference of a family's methods from the baseline, on one group of classes."""

    family: str
    group: str
    methods: tuple[str, ...]
    difference: float
    low: float  # of its own 95% confidence interval; NaN below three seeds
    high: float
    minimum_detectable_effect: float  # detected with 80% power at 5%; NaN below three seeds
    seeds: int


def family_effects(
    scores: Mapping[HeadPart, HeadScores],
    *,
    encoder: str,
    families: Mapping[str, Sequence[str]],
    groups: Sequence[str],
    metric: str,
    grouping: Grouping,
    labels: Bool[np.ndarray, "N C"],
    units: Int[np.ndarray, " N"] | None = None,
    baseline: str = "baseline",
) -> list[FamilyEffect]:
    """Estimate the mean difference of each family on each group, families first.

    Args:
        scores: each head's test part; with thresholds, where the metric is one of decisions.
        families: by name, its methods.
        groups: among `question.ASKED_GROUPS`.
        metric: one that has an influence function.
        labels: (N, C), of every image of the study's image set.
        units: (N,), of every image the number of its group, where images come in groups.

    Raises:
        InputError: as `contrasts_from_scores`.
    """
    methods = [method for members in families.values() for method in members]
    contrasts = contrasts_from_scores(
        scores,
        encoder=encoder,
        methods=methods,
        baseline=baseline,
        metric=metric,
        grouping=grouping,
        labels=labels,
        groups=units,
    )
    return [
        _effect(contrasts, grouping, family, tuple(members), group)
        for family, members in families.items()
        for group in groups
    ]


def _effect(
    contrasts: Contrasts, grouping: Grouping, family: str, methods: tuple[str, ...], group: str
) -> FamilyEffect:
    places = [contrasts.methods.index(method) for method in methods]
    column, seeds = grouping.column(group), len(contrasts.joint.values)
    difference = float(np.mean(contrasts.differences.mean[places, column]))
    if seeds < MIN_SEEDS or np.isnan(difference):
        return FamilyEffect(family, group, methods, difference, np.nan, np.nan, np.nan, seeds)
    support = grouping.effective_support(contrasts.support)
    of_methods = estimate_shrunk(contrasts.differences, support=support, classes=len(grouping.classes))
    weights = np.full(len(methods), 1 / len(methods))
    _, combined = combine_methods(contrasts, of_methods, grouping, methods=methods, weights=weights, group=group)
    combined = rule_of_three(combined, support=support[[column]])  # all heads alike: no certainty beyond the images
    low, high = clip_to_range(combined.interval())
    detectable = combined.minimum_detectable_effect(level=0.05)
    return FamilyEffect(family, group, methods, difference, float(low[0]), float(high[0]), float(detectable[0]), seeds)
