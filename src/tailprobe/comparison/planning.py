"""What a study of these class counts and seeds can detect, and how many more images or seeds would let it detect more.

Before a run nothing but counts is known. A class's average precision is a mean over its test positives, so that the
variance of a method's difference from the baseline falls about as one over them. For the mean over a group of G classes
with n_c positives in a test part that holds a share of the collection, under S seeds,

    Var = (K_SEEDS / S + share K_IMAGES) H,    H = (1 / G^2) sum_c 1 / n_c

The first part is that between seeds, the second what the sampling of the images adds however many seeds there are. The
two constants are what comparisons on real embeddings and features had on average; collections and methods differ about
them by a factor, `ACCURACY`, that `python -m benchmarks.planning` measures. After a run its own variance parts take the
constants' place.

Source:
    Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, chapter 2, for the detectable difference.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

from tailprobe.comparison.inference import POWER
from tailprobe.comparison.words import MIN_POSITIVES, MIN_SEEDS

K_SEEDS, K_IMAGES = 0.012, 0.0007
ACCURACY = 2.5  # nine in ten measured standard errors are within this factor of the planned one
LEVEL = 0.04  # of the primary question
_DF_A_SEED = 4  # shrinkage over the comparisons of a study gives a variance about so many degrees of freedom a seed


@dataclass(frozen=True)
class VarianceParts:
    """The standard error of a group's mean difference, in its two parts."""

    seeds: float  # falls as one over the root of the number of seeds
    images: float  # no number of seeds lowers it

    @property
    def total(self) -> float:
        """The standard error."""
        return math.hypot(self.seeds, self.images)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a study would detect on a group of classes."""

    seeds: int
    methods: int
    positives: Float[np.ndarray, " G"]  # of each class in a test part
    minimum_detectable_effect: float  # NaN where a class has no positives, or with fewer than two seeds
    margin: float
    images_to_add: Int[np.ndarray, " G"]  # to each class, for the margin to be detected; all 0 if it is
    test_share: float = 0.2  # of the images in a test part

    @property
    def range(self) -> tuple[float, float]:
        """Where the minimum detectable effect of most collections and methods is."""
        return self.minimum_detectable_effect / ACCURACY, self.minimum_detectable_effect * ACCURACY


def plan_study(
    counts: Int[np.ndarray, " C"],
    group: Bool[np.ndarray, " C"],
    *,
    seeds: int,
    methods: int,
    margin: float,
    test_share: float = 0.2,
) -> Plan:
    """Plan the comparison of methods with the baseline on a group of classes.

    Args:
        counts: (C,) images that carry each class in the whole collection; of images in groups (patients, scenes) the
            groups that do.
        group: (C,) the classes of the group, as the low-frequency ones.
        seeds: repeats.
        methods: number of methods besides the baseline, over all encoders; each is assumed to be tested at its share
            of `LEVEL`, which is slightly conservative if methods are similar.
        margin: the smallest difference that matters.
        test_share: of the images in a test part.
    """
    positives = test_share * counts[group].astype(np.float64)
    level = LEVEL / max(methods, 1)
    parts = planned_parts(positives, seeds=seeds, test_share=test_share)
    effect = minimum_detectable_effect(parts.total, level=level, df=_DF_A_SEED * (seeds - 1))
    added = np.zeros(len(positives), dtype=np.int64)
    if effect > margin:
        added = images_to_add(counts[group], factor=(margin / effect) ** 2)
    return Plan(seeds, methods, positives, effect, margin, added, test_share)


def planned_parts(positives: Float[np.ndarray, " G"], *, seeds: int, test_share: float) -> VarianceParts:
    """Return the standard error to be expected of a group's mean difference in average precision.

    Args:
        positives: of each class in a test part; NaN comes of a class without any.
    """
    if not len(positives) or not (positives > 0).all():
        return VarianceParts(math.nan, math.nan)
    spread = float((1 / positives).sum()) / len(positives) ** 2
    return VarianceParts(math.sqrt(K_SEEDS / seeds * spread), math.sqrt(test_share * K_IMAGES * spread))


def minimum_detectable_effect(standard_error: float, *, level: float, df: float) -> float:
    """Return the true difference that a two-sided test detects with 80% power; NaN without degrees of freedom."""
    if df < 1:
        return math.nan
    return float(stats.t.isf(level / 2, df) + stats.t.ppf(POWER, df)) * standard_error


def images_to_add(counts: Int[np.ndarray, " G"], *, factor: float) -> Int[np.ndarray, " G"]:
    """Return the fewest images to add to each class that bring the sum of 1 / count down by a factor.

    The rarest classes are all raised to one level L, since an image adds most where there are fewest: minimising the
    sum of n'_c under a bound on the sum of 1 / n'_c makes the raised n'_c equal.

    Args:
        counts: above 0.
        factor: wanted over present, at most 1.

    >>> images_to_add(np.array([10, 40, 20]), factor=0.6).tolist()  # 0.175 becomes 1/25 + 1/40 + 1/25 = 0.105
    [15, 0, 5]
    """
    order = np.argsort(counts, kind="stable")
    rising = counts[order].astype(np.float64)
    wanted = factor * float((1 / rising).sum())
    left = np.append(np.cumsum((1 / rising)[::-1])[::-1][1:], 0.0)  # of the classes above each
    with np.errstate(divide="ignore"):
        levels = np.where(wanted > left, np.arange(1, len(rising) + 1) / np.maximum(wanted - left, 1e-300), np.inf)
    raised = int(np.flatnonzero(levels <= np.append(rising[1:], np.inf))[0])
    level = math.ceil(levels[raised] - 1e-9)
    return np.maximum(level - counts, 0)


def seeds_needed(parts: VarianceParts, *, seeds: int, factor: float, block: int = 1) -> int | None:
    """Return how many seeds bring a standard error down by a factor; None if no number does.

    Args:
        parts: measured with `seeds` seeds.
        factor: wanted over present, at most 1.
        block: the number is a multiple of it, see `splits.plan.seed_block`.

    >>> seeds_needed(VarianceParts(0.02, 0.0), seeds=10, factor=0.5)
    40
    >>> seeds_needed(VarianceParts(0.02, 0.0), seeds=10, factor=0.49, block=5)
    45
    """
    wanted = (factor * parts.total) ** 2 - parts.images**2
    if not wanted > 0:
        return None
    return math.ceil(seeds * parts.seeds**2 / wanted / block - 1e-9) * block


@dataclass(frozen=True, eq=False)
class Requirements:
    """What would bring a finished study's minimum detectable effect down to the margin; either alone is enough."""

    seeds: int | None  # in all; None if no number of seeds can
    images_to_add: Int[np.ndarray, " G"]  # to each class of the group


def requirements_for_margin(
    parts: VarianceParts, *, effect: float, margin: float, seeds: int, counts: Int[np.ndarray, " G"], block: int = 1
) -> Requirements | None:
    """Return what a finished study lacked, from its measured variance parts; None if it detects the margin already.

    The part of the images falls as one over the positives. So does the seeds' part, since for the most it is how one
    seed's test part was drawn; more images of a class therefore lower both. Degrees of freedom are left as they are.

    Args:
        parts: measured, of the group's mean difference.
        effect: the study's minimum detectable effect, by these parts.
        seeds: of the study.
        counts: images of each class of the group, in the whole collection.
        block: as of `seeds_needed`.
    """
    if not effect > margin or not parts.total > 0:
        return None
    factor = margin / effect
    needed = seeds_needed(parts, seeds=seeds, factor=factor, block=block)
    return Requirements(needed, images_to_add(counts, factor=factor**2))


def requirements_sentence(reach: Requirements, classes: Sequence[str], *, margin: float, seeds: int) -> str:
    """Describe what would let a study detect its margin."""
    labels = labelling(classes, reach.images_to_add)
    if reach.seeds is None:
        return f"No number of seeds detects a difference of {margin:g} on these images; {labels}."
    return f"To detect a difference of {margin:g}, take {reach.seeds:,} seeds instead of {seeds:,}, or {labels}."


def planned_sentences(plan: Plan, classes: Sequence[str], *, title: str, group: str) -> list[str]:
    """Describe what a study would detect, and what to label for it to detect the margin; or that it will test nothing.

    Args:
        classes: the names of the group's classes, in the order of `plan.positives`.
        title: of the metric, within a sentence.
        group: what the classes are called.
    """
    if untested := _untested(plan, classes, group):
        return [untested]
    if math.isnan(plan.minimum_detectable_effect):
        return [f"What can be detected on {group} is not known: a class has no images."]
    low, high = plan.range
    found = (
        f"{plan.seeds} seeds and {plan.methods} method{'s' * (plan.methods != 1)} would detect a difference of about "
        f"{plan.minimum_detectable_effect:.3f} in {title} on {group} "
        f"({low:.3f} to {high:.3f}, by collection and method)"
    )
    if not plan.images_to_add.any():
        return [f"{found}; the margin is {plan.margin:g}."]
    return [f"{found}. For the margin of {plan.margin:g}, {labelling(classes, plan.images_to_add)}."]


def _untested(plan: Plan, classes: Sequence[str], group: str) -> str:
    """Say that a group will not be tested, why, and the way out; empty where it will be."""
    if plan.seeds < MIN_SEEDS:
        return f"{_WILL_NOT.format(group)}: a test needs {MIN_SEEDS} seeds or more, and there are to be {plan.seeds}."
    positives = float(plan.positives.sum())
    if positives >= MIN_POSITIVES:
        return ""
    rarest = classes[int(plan.positives.argmin())]
    more = math.ceil((MIN_POSITIVES - positives) / plan.test_share)
    return (
        f"{_WILL_NOT.format(group)}: a test part would have about {positives:.2g} images of them, and a test needs "
        f"{MIN_POSITIVES}. Label about {more:,} more images, as of {rarest}, or let --low-frequency select more "
        "classes; more seeds will not do."
    )


_WILL_NOT = "There will be no test on {0}"


def labelling(classes: Sequence[str], images: Int[np.ndarray, " G"], *, most: int = 5) -> str:
    """List the classes that need more labelled images, those that need most first.

    >>> labelling(["mine", "road", "river"], np.array([40, 0, 5]))
    'label about 40 more images of mine, 5 of river'
    """
    order = [int(c) for c in np.argsort(-images, kind="stable") if images[c]]
    named = [f"{images[c]:,} {'more images ' if at == 0 else ''}of {classes[c]}" for at, c in enumerate(order[:most])]
    rest = len(order) - most
    return f"label about {', '.join(named)}" + (
        f" and some of {rest} other {'class' if rest == 1 else 'classes'}" if rest > 0 else ""
    )
