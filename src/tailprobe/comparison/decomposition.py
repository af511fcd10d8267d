"""Where a gain in decisions comes from: a better ranking, or a lower threshold.

A method that raises every score finds more images, and flags more. So each difference from the baseline in a metric of
decisions is taken apart at the method's value with the baseline's number of flagged images of each class:

    method at its threshold - baseline at its threshold
        = (method at the baseline's count - baseline)      ranking: other images, as many of them
        + (method - method at the baseline's count)        threshold: more or fewer images of the same ranking

The second part costs no training: the baseline's threshold can be moved as far. Both parts are paired by seed, and
their intervals come of the same variance components as those of any difference (`variance`), with the influence of a
number of flagged images that is itself counted on the images (`scores.flagging`).

Source:
    The count-matched value is the usual one of ranking at equal alarms (e.g. recall at k). Taking a difference apart
    at it is Oaxaca and Blinder's decomposition (International Economic Review 1973) with the ranking changed first.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate, estimate_shrunk, rule_of_three
from tailprobe.comparison.influence import jackknife_correction, sum_by_unit
from tailprobe.comparison.variance import VarianceAccumulator, VarianceComponents, stack
from tailprobe.errors import InputError
from tailprobe.scores.flagging import Counts
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import Influence, Metric, all_metrics
from tailprobe.scores.ratio import defined_mean
from tailprobe.scores.rules import is_tuned

ZERO = 1e-9  # what is below it in every seed is rounding
PARTS = ("difference", "ranking", "threshold")
COLUMNS = (
    "encoder", "method", "compared_with", "class_name", "is_group", "metric", "baseline", "at_baseline_count", "value",
    "difference", "difference_low", "difference_high", "ranking", "ranking_low", "ranking_high", "threshold",
    "threshold_low", "threshold_high", "flagged_baseline", "flagged", "support", "seeds",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Seed:
    """A method and its baseline under one seed and rule of thresholds."""

    rows: Int[np.ndarray, " T"]
    groups: Int[np.ndarray, " T"] | None  # what each image is one of, as a scene or a patient
    undecided: Bool[np.ndarray, " C"]  # classes without a threshold
    baseline: Counts
    matched: Counts  # the method, flagging as many as the baseline
    method: Counts


def decompose(
    scores: Mapping[HeadPart, HeadScores],
    *,
    labels: Bool[np.ndarray, "N C"],
    grouping: Grouping,
    rules: Sequence[str],
    baseline: str = "baseline",
    baselines: Mapping[str, str] = MappingProxyType({}),
    identical_ranking: Collection[str] = (),
    groups: Int[np.ndarray, " N"] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
) -> pd.DataFrame:
    """Take the differences of every method from its baseline apart, in every metric of decisions.

    Args:
        scores: each head's test part, with the thresholds of the rules; other parts in it are not looked at.
        labels: (N, C), of every image of the study's image set.
        grouping: the classes, in the order of the columns, and their groups.
        rules: of thresholds, as the scores name them.
        baseline: what methods are compared with.
        baselines: by method, what it is compared with where that is another one.
        identical_ranking: methods that rank as their baseline does by construction: their ranking part is 0, without
            an interval.
        groups: (N,), of every image the number, from 0 on, of the scene or patient it is one of, where images of one
            are not independent.
        known: (N, C), which labels are known; None: all.

    Returns:
        A row for each (encoder, method, metric, class or group), with `COLUMNS`: means over seeds of the baseline's
        value, the method's at the baseline's number of flagged images, and the method's; the difference and its two
        parts, each with a 95% interval, but for a part that is 0 in every seed, which has none; and the number of
        images that either flags, mean over seeds, of a group all classes together.

    Raises:
        InputError: a head or its thresholds are missing, or a method and its baseline were tested on different images.
    """
    tested = {head: scores[head] for head in scores if head.part == "test"}
    frames = [
        frame
        for encoder in dict.fromkeys(head.encoder for head in tested)
        for rule in rules
        for frame in _of_rule(
            _Heads({head: of for head, of in tested.items() if head.encoder == encoder}, labels, rule, groups, known),
            grouping,
            {m: baselines.get(m, baseline) for m in dict.fromkeys(h.method for h in tested) if m != baseline},
            identical_ranking,
        )
    ]
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)] if frames else pd.DataFrame(columns=list(COLUMNS))


@dataclass(frozen=True, eq=False)
class _Heads:
    """The heads of one encoder, and the rule by which they decide."""

    scores: Mapping[HeadPart, HeadScores]
    labels: Bool[np.ndarray, "N C"]
    rule: str
    groups: Int[np.ndarray, " N"] | None
    known: Bool[np.ndarray, "N C"] | None

    @property
    def units(self) -> int:
        """How many independent images, or groups of them, there are."""
        return len(self.labels) if self.groups is None else int(self.groups.max()) + 1

    @property
    def encoder(self) -> str:
        return next(iter(self.scores)).encoder

    @property
    def methods(self) -> set[str]:
        return {head.method for head in self.scores}

    def seeds(self, method: str, baseline: str) -> Iterator[_Seed]:
        """Yield a method and its baseline, seed by seed."""
        for seed in sorted({head.seed for head in self.scores}):
            yield self._seed(*(self._find(name, seed) for name in (method, baseline)))

    def _seed(self, method: HeadScores, baseline: HeadScores) -> _Seed:
        if not np.array_equal(method.rows, baseline.rows):
            raise InputError("a method and its baseline were tested on different images; score the study again")
        known = None if self.known is None else self.known[method.rows]
        labels = self.labels[method.rows] if known is None else self.labels[method.rows] & known
        by_baseline, by_method = (self._decide(head) for head in (baseline, method))
        return _Seed(
            np.asarray(method.rows),
            None if self.groups is None else self.groups[method.rows],
            np.isnan(method.thresholds[self.rule]) | np.isnan(baseline.thresholds[self.rule]),
            Counts.of_decisions(labels, by_baseline, known),
            Counts.of_top(labels, ranking_scores(method), by_baseline, known),
            Counts.of_decisions(labels, by_method, known),
        )

    def _decide(self, head: HeadScores) -> Bool[np.ndarray, "T C"]:
        decisions: Bool[np.ndarray, "T C"] = head.probabilities() > head.thresholds[self.rule]
        return decisions

    def _find(self, method: str, seed: int) -> HeadScores:
        head = HeadPart(self.encoder, method, seed, "test")
        if head not in self.scores:
            raise InputError(
                f"encoder {self.encoder!r}: no scores of method {method!r} under seed {seed}; "
                "compare methods of the same seeds"
            )
        if self.rule not in self.scores[head].thresholds:
            raise InputError(f"method {method!r} has no thresholds of rule {self.rule!r}; score the study again")
        return self.scores[head]


def ranking_scores(head: HeadScores) -> Float[np.ndarray, "N C"]:
    """Return what a head ranks the images of a class by: logits where they rank as probabilities do, being finer."""
    return head.logits if head.link == "sigmoid" else head.probabilities()


def metrics_of_decisions() -> tuple[Metric, ...]:
    """Return the metrics that are taken apart: those of decisions that can be compared and are drawn."""
    return tuple(m for m in all_metrics() if m.ratios and m.influence is not None and m.drawn)


def _of_rule(
    heads: _Heads, grouping: Grouping, compared: Mapping[str, str], identical_ranking: Collection[str]
) -> Iterator[pd.DataFrame]:
    """Yield a frame for each metric at one rule."""
    methods = {method: to for method, to in compared.items() if method in heads.methods}
    if not methods:
        return
    metrics = metrics_of_decisions()
    found: dict[str, list[_MethodParts]] = {metric.name: [] for metric in metrics}
    flagged = []
    for method, to in methods.items():
        seeds = list(heads.seeds(method, to))
        flagged.append(_flagged(seeds, grouping))
        for metric in metrics:
            found[metric.name].append(_MethodParts.measure(metric, seeds, grouping, heads.units))
    support = np.mean([_support(seed) for seed in seeds], axis=0)
    for metric in metrics:
        frame = _frame(
            found[metric.name],
            np.stack(flagged),
            grouping,
            support,
            list(methods),
            identical_ranking,
            tuned=is_tuned(heads.rule),
        )
        yield frame.assign(
            encoder=heads.encoder, metric=f"{metric.name}@{heads.rule}", compared_with=frame["method"].map(methods)
        )


def _support(seed: _Seed) -> Int[np.ndarray, " C"]:
    """Return the images that carry each class; of images in groups the groups that do."""
    labels = seed.baseline.labels
    if seed.groups is None:
        return labels.sum(axis=0)
    return (sum_by_unit(seed.groups, labels.astype(np.float64)) > 0).sum(axis=0)


def _flagged(seeds: Sequence[_Seed], grouping: Grouping) -> Float[np.ndarray, "2 K"]:
    """Return how many images the baseline and the method flag, mean over seeds."""
    counts = [[part.flagged.sum(axis=0, dtype=np.float64) for part in (s.baseline, s.method)] for s in seeds]
    return np.stack([grouping.append_group_support(row) for row in np.mean(counts, axis=0)])


@dataclass(frozen=True, eq=False)
class _MethodParts:
    """A method in one metric: three values, mean over seeds, and the variance components of `PARTS`."""

    means: Float[np.ndarray, "3 K"]  # the baseline, the method at the baseline's count, the method
    unchanged: Bool[np.ndarray, "3 K"]  # the parts that are 0 in every seed
    parts: tuple[VarianceComponents, VarianceComponents, VarianceComponents]

    @classmethod
    def measure(cls, metric: Metric, seeds: Sequence[_Seed], grouping: Grouping, images: int) -> "_MethodParts":
        accumulators = [VarianceAccumulator(images=images, columns=len(grouping.names)) for _ in PARTS]
        per_seed = []
        for seed in seeds:
            baseline, matched, method = (
                _measure(metric, seed, of) for of in (seed.baseline, seed.matched, seed.method)
            )
            per_seed.append([grouping.append_group_means(of.value) for of in (baseline, matched, method)])
            for accumulator, (one, other) in zip(
                accumulators, ((method, baseline), (matched, baseline), (method, matched)), strict=True
            ):
                value, influence = one.value - other.value, one.influence - other.influence
                influence = grouping.append_group_influence(value, influence)
                accumulator.add(grouping.append_group_means(value), *_by_unit(seed, influence))
        difference, ranking, threshold = (accumulator.components() for accumulator in accumulators)
        values = np.array(per_seed)  # (S, 3, K)
        baselines, matched_values, methods = values[:, 0], values[:, 1], values[:, 2]
        parts = np.stack([methods - baselines, matched_values - baselines, methods - matched_values], axis=1)
        unchanged = (np.abs(parts) < ZERO).all(axis=0)
        return cls(defined_mean(values), unchanged, (difference, ranking, threshold))


def _by_unit(
    seed: _Seed, influence: Float[np.ndarray, "T K"]
) -> tuple[Int[np.ndarray, " U"], Float[np.ndarray, "U K"]]:
    """Return the independent units of a test part and their influences: its images, or the groups they come in."""
    if seed.groups is None:
        return seed.rows, influence
    return np.unique(seed.groups), sum_by_unit(seed.groups, influence)


def _measure(metric: Metric, seed: _Seed, counts: Counts) -> Influence:
    """Return a metric of a seed's counts, undefined if there is no threshold, scaled to the jackknife's."""
    value, influence = counts.measure(*metric.ratios)
    value = np.where(seed.undecided, np.nan, value)
    correction = jackknife_correction(counts.labels, seed.groups, counts.known)
    return Influence(value, np.where(np.isnan(value), 0, influence * correction))


def _frame(
    measured: Sequence[_MethodParts],
    flagged: Float[np.ndarray, "M 2 K"],
    grouping: Grouping,
    support: Float[np.ndarray, " C"],
    methods: Sequence[str],
    identical_ranking: Collection[str],
    *,
    tuned: bool,
) -> pd.DataFrame:
    """Arrange one metric as rows: the classes and groups of each method."""
    columns = len(grouping.names)
    values = np.stack([one.means for one in measured])
    frame = pd.DataFrame(
        {
            "method": np.repeat(np.array(methods, dtype=object), columns),
            "class_name": np.tile(np.array(grouping.names, dtype=object), len(methods)),
            "is_group": np.tile(np.arange(columns) >= len(grouping.classes), len(methods)),
            "baseline": values[:, 0].ravel(),
            "at_baseline_count": values[:, 1].ravel(),
            "value": values[:, 2].ravel(),
            "flagged_baseline": flagged[:, 0].ravel(),
            "flagged": flagged[:, 1].ravel(),
            "support": np.tile(grouping.append_group_support(support), len(methods)),
        }
    )
    for part, name in enumerate(PARTS):
        components = stack([one.parts[part] for one in measured])
        estimate = _estimate(components, grouping, support, tuned=tuned)
        low, high = (np.clip(end, -1, 1) for end in estimate.interval())
        frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = estimate.mean.ravel(), low.ravel(), high.ravel()
        frame["seeds"] = components.seeds.ravel()
    unchanged = np.stack([one.unchanged for one in measured], axis=1).reshape(len(PARTS), -1)
    return _without_ranking_part(_without_intervals(frame, unchanged), identical_ranking, unchanged[0])


def _estimate(
    components: VarianceComponents, grouping: Grouping, support: Float[np.ndarray, " C"], *, tuned: bool
) -> Estimate:
    effective = grouping.effective_support(support)
    estimate = estimate_shrunk(components, support=effective, classes=len(grouping.classes), tuned=tuned)
    return rule_of_three(estimate, support=effective)


def _without_intervals(frame: pd.DataFrame, unchanged: Bool[np.ndarray, "3 R"]) -> pd.DataFrame:
    """A part that was 0 in every seed has no interval: of a variance of 0 it would be as wide as the support is low."""
    for name, same in zip(PARTS[1:], unchanged[1:], strict=True):
        frame.loc[same, [name, f"{name}_low", f"{name}_high"]] = 0.0, np.nan, np.nan
    return frame


def _without_ranking_part(
    frame: pd.DataFrame, identical_ranking: Collection[str], unchanged: Bool[np.ndarray, " R"]
) -> pd.DataFrame:
    """Attribute the whole difference to thresholds if the ranking is the same by construction."""
    same = frame["method"].isin(list(identical_ranking)) & frame["difference"].notna()
    frame.loc[same, ["ranking", "ranking_low", "ranking_high"]] = 0.0
    frame.loc[same, "at_baseline_count"] = frame.loc[same, "baseline"]
    for end in ("", "_low", "_high"):
        frame.loc[same, f"threshold{end}"] = frame.loc[same, f"difference{end}"]
    frame.loc[same & unchanged, ["threshold_low", "threshold_high"]] = np.nan
    return frame
