"""Each method against the baseline of the same seed: the differences and the components of their variance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate, estimate_shrunk, rule_of_three
from tailprobe.comparison.influence import jackknife_influence, sum_by_unit
from tailprobe.comparison.joint import JointSample, beside, without_influences
from tailprobe.comparison.question import ASKED_GROUPS
from tailprobe.comparison.variance import VarianceAccumulator, VarianceComponents, nadeau_bengio, stack
from tailprobe.errors import InputError
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import Influence, Sample, metric_to_compare
from tailprobe.scores.rules import is_tuned


@dataclass(frozen=True, eq=False)
class Contrasts:
    """One encoder: M methods against the baseline, over K columns, the classes and their groups."""

    encoder: str
    methods: tuple[str, ...]
    values: VarianceComponents  # (M, K) of the methods' own numbers
    baselines: VarianceComponents  # (M, K) of those of the baseline that each is compared with
    differences: VarianceComponents  # (M, K) from the baseline of the same seed
    joint: JointSample  # of the differences on `ASKED_GROUPS`, method by method
    support: Float[np.ndarray, " C"]  # test positives, mean over seeds; of grouped images the groups that have one
    has_test_variance: (
        bool  # whether the sampling of test images was measured, or is approximated by the Nadeau-Bengio term
    )

    def joint_differences(self, group: str, methods: Int[np.ndarray, " Q"]) -> JointSample:
        """Return the differences of some methods on a group, by their places."""
        return self.joint.select(methods * len(ASKED_GROUPS) + ASKED_GROUPS.index(group))


@dataclass(frozen=True, eq=False)
class TestResult:
    """A method under one seed: its numbers of the classes and the influence of each test image on them.

    Where images come in groups, such as scenes or patients, a row is a group: with the classes that any of its images
    carries, and the sum of their influences.
    """

    __test__ = False  # for pytest, which takes the name for a test

    rows: Int[np.ndarray, " T"]  # places in the image set, or groups, ascending
    labels: Bool[np.ndarray, "T C"]
    influence: Influence

    @classmethod
    def measure(
        cls,
        metric: str,
        rows: Int[np.ndarray, " T"],
        labels: Bool[np.ndarray, "T C"],
        scores: Float[np.ndarray, "T C"],
        thresholds: Float[np.ndarray, " C"] | None = None,
        groups: Int[np.ndarray, " T"] | None = None,
        known: Bool[np.ndarray, "T C"] | None = None,
    ) -> "TestResult":
        """Measure the images at `rows`, whose own labels, probabilities and groups, if they have any, are given.

        An image takes no part in the classes of which its label is not known.

        Raises:
            InputError: methods cannot be compared in the metric, or it needs thresholds and there are none.
        """
        labels = labels if known is None else labels & known
        sample = Sample(labels, scores, thresholds, known)
        value, influence = jackknife_influence(metric_to_compare(metric), sample, groups)
        if groups is None:
            return cls(rows, labels, Influence(value, influence))
        carried = sum_by_unit(groups, labels.astype(np.float64)) > 0
        return cls(np.unique(groups), carried, Influence(value, sum_by_unit(groups, influence)))


def contrasts_from_scores(
    scores: Mapping[HeadPart, HeadScores],
    *,
    encoder: str,
    methods: Sequence[str],
    baseline: str,
    metric: str,
    grouping: Grouping,
    labels: Bool[np.ndarray, "N C"],
    baselines: Mapping[str, str] = MappingProxyType({}),
    groups: Int[np.ndarray, " N"] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
) -> Contrasts:
    """Measure the differences of one encoder's methods, with both components of their variance.

    Args:
        scores: each head's test part.
        baselines: what a method is compared with, by method, where that is not `baseline`.
        labels: (N, C), of every image of the study's image set.
        groups: of every image, a number from 0 on; images of one group are not independent.
        known: (N, C), which labels are known; None: all.

    Raises:
        InputError: a head is missing, methods cannot be compared in the metric, or its thresholds are missing.
    """
    seeds = sorted({head.seed for head in scores if head.encoder == encoder})
    rule = metric.partition("@")[2]

    def measured(method: str, seed: int) -> TestResult:
        head = HeadPart(encoder, method, seed, "test")
        if head not in scores:
            raise InputError(
                f"encoder {encoder!r}: no scores of method {method!r} under seed {seed}; "
                "compare methods of the same seeds"
            )
        return _measure_head(metric, rule, scores[head], labels, head, groups, known)

    used = {baseline, *(baselines.get(method, baseline) for method in methods)}
    tested = {name: [measured(name, seed) for seed in seeds] for name in used}
    return contrasts(
        ((measured(method, seed) for seed in seeds) for method in methods),
        [tested[baselines.get(method, baseline)] for method in methods],
        encoder=encoder,
        methods=methods,
        grouping=grouping,
        images=len(labels) if groups is None else int(groups.max()) + 1,
    )


def _measure_head(
    metric: str,
    rule: str,
    scores: HeadScores,
    labels: Bool[np.ndarray, "N C"],
    head: HeadPart,
    groups: Int[np.ndarray, " N"] | None,
    known: Bool[np.ndarray, "N C"] | None,
) -> TestResult:
    rows = np.asarray(scores.rows)
    if rows.min() < 0 or rows.max() >= len(labels):
        raise InputError(
            f"encoder {head.encoder!r}, method {head.method!r}, seed {head.seed}: rows {rows.min()} to {rows.max()} of "
            f"{len(labels)} images; labels of another set"
        )
    metric_to_compare(metric)  # raises before thresholds are asked for
    if rule and rule not in scores.thresholds:
        there = ", ".join(scores.thresholds) or "none"
        raise InputError(f"metric {metric!r}: there are no thresholds of rule {rule!r}; the scores have {there}")
    thresholds = scores.thresholds[rule] if rule else None
    of_rows = None if groups is None else groups[rows]
    of_labels = None if known is None else known[rows]
    return TestResult.measure(metric, rows, labels[rows], scores.probabilities(), thresholds, of_rows, of_labels)


def contrasts(
    results: Iterable[Iterable[TestResult]],
    baselines: Sequence[Sequence[TestResult]],
    *,
    encoder: str,
    methods: Sequence[str],
    grouping: Grouping,
    images: int,
) -> Contrasts:
    """Measure the differences of methods from the baseline, with both components of their variance.

    Args:
        results: for each of M methods its test parts, seed by seed; taken one at a time, so a generator saves memory.
        baselines: for each method those of its baseline, in the same order of seeds.
        images: N, of the image set, or the number of groups.

    Raises:
        InputError: a method and the baseline of the same seed were tested on different images.
    """
    components = [
        _method_components(of_method, of_baseline, grouping, images)
        for of_method, of_baseline in zip(results, baselines, strict=True)
    ]
    values, differences, samples = zip(*components, strict=True)
    levels = {id(baseline): _levels(baseline, grouping, images) for baseline in baselines}
    support = np.mean([result.labels.sum(axis=0) for result in baselines[0]], axis=0)
    return Contrasts(
        encoder,
        tuple(methods),
        stack(values),
        stack(levels[id(baseline)] for baseline in baselines),
        stack(differences),
        beside(samples),
        support,
        has_test_variance=True,
    )


def _levels(results: Sequence[TestResult], grouping: Grouping, images: int) -> VarianceComponents:
    """Return the variance components of one method's own numbers."""
    levels = VarianceAccumulator(images=images, columns=len(grouping.names))
    for result in results:
        levels.add(*_with_groups(grouping, result.rows, result.influence.value, result.influence.influence))
    return levels.components()


def contrasts_from_results(
    results: pd.DataFrame,
    *,
    encoder: str,
    methods: Sequence[str],
    baseline: str,
    metric: str,
    grouping: Grouping,
    test_share: float,
) -> Contrasts:
    """Measure the differences and the variance between seeds; the Nadeau-Bengio term covers the sampling of images.

    Args:
        results: the tidy table's rows of this encoder and the test part.
        test_share: as in `nadeau_bengio`.
    """
    by_method = {method: _values(results, method, metric, grouping.classes) for method in (*methods, baseline)}
    for method, values in by_method.items():
        if len(values) != len(by_method[baseline]):
            raise InputError(
                f"encoder {encoder!r}: method {method!r} has {len(values)} seed(s), the baseline "
                f"{len(by_method[baseline])}; compare methods of the same seeds"
            )
    with_groups = {
        method: np.stack([grouping.append_group_means(row) for row in values]) for method, values in by_method.items()
    }
    differences = [
        np.stack(
            [grouping.append_group_means(a - b) for a, b in zip(by_method[method], by_method[baseline], strict=True)]
        )
        for method in methods
    ]
    asked = [grouping.column(group) for group in ASKED_GROUPS]
    return Contrasts(
        encoder,
        tuple(methods),
        stack([nadeau_bengio(with_groups[method], test_share=test_share) for method in methods]),
        stack([nadeau_bengio(with_groups[baseline], test_share=test_share)] * len(methods)),
        stack([nadeau_bengio(values, test_share=test_share) for values in differences]),
        beside([without_influences(values[:, asked]) for values in differences]),
        _values(results, baseline, "support", grouping.classes).mean(axis=0),
        has_test_variance=False,
    )


def contrasts_of_encoders(
    scores: Mapping[HeadPart, HeadScores],
    *,
    encoder: str,
    compared_with: str,
    methods: Sequence[str],
    metric: str,
    grouping: Grouping,
    labels: Bool[np.ndarray, "N C"],
    groups: Int[np.ndarray, " N"] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
) -> Contrasts:
    """Measure what an encoder gives less what another one gives, method by method.

    Args:
        encoder, compared_with: both with the same seeds.
        scores, methods, metric, grouping, labels, groups, known: as of `contrasts_from_scores`.

    Raises:
        InputError: the encoders were tested on different images.
    """
    seeds = sorted({head.seed for head in scores if head.encoder == encoder and head.part == "test"})
    rule = metric.partition("@")[2]

    def measured(of: str, method: str) -> list[TestResult]:
        heads = [HeadPart(of, method, seed, "test") for seed in seeds]
        return [_measure_head(metric, rule, scores[head], labels, head, groups, known) for head in heads]

    return contrasts(
        (measured(encoder, method) for method in methods),
        [measured(compared_with, method) for method in methods],
        encoder=encoder,
        methods=methods,
        grouping=grouping,
        images=len(labels) if groups is None else int(groups.max()) + 1,
    )


def estimate_differences(contrasts: Contrasts, grouping: Grouping, *, metric: str = "") -> Estimate:
    """Return the differences, (M, K), with standard errors from shrunk variances.

    Args:
        metric: that was measured; it matters where its threshold is tuned, as in `f1@tuned`.
    """
    rule = metric.partition("@")[2]
    support = grouping.effective_support(contrasts.support)
    estimate = estimate_shrunk(
        contrasts.differences, support=support, classes=len(grouping.classes), tuned=bool(rule) and is_tuned(rule)
    )
    return rule_of_three(estimate, support=support)


def _method_components(
    results: Iterable[TestResult], baseline: Sequence[TestResult], grouping: Grouping, images: int
) -> tuple[VarianceComponents, VarianceComponents, JointSample]:
    """Return the variance components of a method's own numbers and of its differences from the baseline.

    And, for their joint distribution with other methods', its differences on the groups that are asked about.
    """
    columns, asked = len(grouping.names), [grouping.column(group) for group in ASKED_GROUPS]
    levels = VarianceAccumulator(images=images, columns=columns)
    differences = VarianceAccumulator(images=images, columns=columns)
    seeds: list[tuple[Float[np.ndarray, " G"], Float[np.ndarray, "T G"]]] = []
    for result, base in zip(results, baseline, strict=True):
        if not np.array_equal(result.rows, base.rows):
            raise InputError("a method and its baseline were tested on different images; score the study again")
        value, influence = result.influence
        levels.add(*_with_groups(grouping, result.rows, value, influence))
        difference = _with_groups(
            grouping, result.rows, value - base.influence.value, influence - base.influence.influence
        )
        differences.add(*difference)
        seeds.append((difference[0][asked], difference[2][:, asked]))
    joint = JointSample(
        np.stack([values for values, _ in seeds]),
        np.concatenate([influence for _, influence in seeds]).T,
        np.concatenate([base.rows for base in baseline]),
    )
    return levels.components(), differences.components(), joint


def _with_groups(
    grouping: Grouping,
    rows: Int[np.ndarray, " T"],
    value: Float[np.ndarray, " C"],
    influence: Float[np.ndarray, "T C"],
) -> tuple[Float[np.ndarray, " K"], Int[np.ndarray, " T"], Float[np.ndarray, "T K"]]:
    return grouping.append_group_means(value), rows, grouping.append_group_influence(value, influence)


def _values(results: pd.DataFrame, method: str, metric: str, classes: Sequence[str]) -> Float[np.ndarray, "S C"]:
    """Return a metric of the classes: a row for each seed, in that order, a column for each class."""
    rows = results[(results["metric"] == metric) & ~results["is_group"]]
    if rows.empty:
        known = ", ".join(results["metric"].astype(str).unique())
        raise InputError(f"metric {metric!r} is not among the results; they have: {known or 'none'}")
    rows = rows[rows["method"] == method].astype({"class_name": str})
    # Not pivot_table: that leaves out rows without values.
    wide = rows.pivot(index="seed", columns="class_name", values="value")  # noqa: PD010
    return wide.reindex(columns=list(classes)).sort_index().to_numpy(float)
