"""Verdicts: whether a method improves or worsens each group, and each class, tested against the baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.comparison.best import best_table
from tailprobe.comparison.candidates import candidates
from tailprobe.comparison.contrasts import (
    Contrasts,
    contrasts_from_results,
    contrasts_from_scores,
    estimate_differences,
)
from tailprobe.comparison.description import describe
from tailprobe.comparison.grouping import Grouping, group_classes
from tailprobe.comparison.joint_test import question_test
from tailprobe.comparison.question import PRIMARY, Declared, Question, declared_questions, with_members
from tailprobe.comparison.ranks import rank_table
from tailprobe.comparison.recommendation import Recommendation, recommend
from tailprobe.comparison.table import concatenate, estimate_rows, identical_by_construction, with_verdicts
from tailprobe.comparison.trend import trend_table, trends
from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.methods.doses import DoseFamily
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import default_margin, lower_is_better, metric_title, metric_to_compare

MIN_POSITIVES = 5  # fewer in the test part: a class is not tested, its intervals do not hold (docs/statistics.md)
MIN_SEEDS = 3  # two leave one degree of freedom: on simulated studies up to 14% of null effects were then significant


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a study says of its methods.

    `verdicts` has a row for each (encoder, method but the baseline, class or group): encoder, method, compared_with
    (the baseline of its link), class_name, is_group, metric, baseline and value (means over seeds), baseline_low and
    baseline_high (the baseline's 95% confidence interval), difference (value
    minus baseline, paired by seed), low and high (its 95% confidence interval, by itself), value_low and value_high
    (that of the value), p, p_adjusted (within its question, to be compared with `level`; NaN where not tested), support
    (positives in the test part, mean over seeds; of a group all classes together), minimum_detectable_effect (the
    difference detected with 80% power at the question's critical level, outside questions at 5%; NaN where none would
    be, as below three seeds), verdict (one of `words.VERDICTS`; empty outside questions), seeds, question (empty where
    the row is in none), level (of the question), critical_level (that of each of its members; NaN where not tested),
    simultaneous_low and simultaneous_high (the interval at the critical level: it excludes 0 just where the verdict is
    improves or worsens), margin, below_margin (whether the verdict is one of these and the whole simultaneous interval
    lies within the margin), standard_error_seeds and standard_error_images (the two parts of the standard error).
    """

    verdicts: pd.DataFrame
    recommendation: Recommendation
    ranks: pd.DataFrame  # as `ranks.rank_table` gives it
    trends: pd.DataFrame  # as `trend.trend_table` gives it
    best: pd.DataFrame  # as `best.best_table` gives it

    def with_statistics(self, sentence: str) -> "Comparison":
        """Return the comparison with a further sentence on how it came about."""
        statistics = (*self.recommendation.statistics, sentence)
        return replace(self, recommendation=replace(self.recommendation, statistics=statistics))


def compare_methods(
    scores: Mapping[HeadPart, HeadScores],
    *,
    labels: Bool[np.ndarray, "N C"],
    classes: pd.DataFrame,
    metric: str = "average_precision",
    baseline: str = "baseline",
    baselines: Mapping[str, str] = MappingProxyType({}),
    set_aside: Mapping[str, str] = MappingProxyType({}),
    groups: Int[np.ndarray, " N"] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
    primary: str = "low-frequency",
    test_classes: bool = False,
    margin: float | None = None,
    doses: Sequence[DoseFamily] = (),
    min_positives: float = MIN_POSITIVES,
) -> Comparison:
    """Compare every method with the baseline of the same encoder, paired by seed, on the test part.

    Differences are tested by Student's t. Their variance is that between seeds over the number of seeds, plus the
    covariance of test parts that share images (`variance`), both shrunk by the study's other comparisons
    (`variance_shrinkage`, `covariance_shrinkage`). The methods are tested jointly within each question (`question`,
    `min_p`): one critical level serves verdicts, simultaneous intervals, minimum detectable effects and the
    recommendation. "practically equal" is a difference whose simultaneous interval lies within the margin. "not tested"
    is a class with fewer test positives than `min_positives`, which costs the others nothing, and everything below
    three seeds; "underpowered" one with fewer than 20 whose minimum detectable effect exceeds 0.1. Rows outside the
    questions have no verdict.

    Args:
        scores: each head's test part, in memory or from `scores.stored.open_test_scores`; with the thresholds of the
            metric's rule, where it is one of decisions. Other parts in it are not looked at.
        labels: (N, C), of every image of the study's image set, columns in the order of `classes`.
        classes: a run's table of classes: class_name, count, low_frequency.
        metric: one that has an influence function (`scores.metric.comparable_names`).
        baseline: what methods are compared with.
        baselines: by method, what it is compared with where that is another one: softmax methods with the softmax
            baseline, so that a method's effect is not mixed with that of the link.
        set_aside: by method, a verdict known beforehand, `NO_OP` or `IDENTICAL_RANKING`: not tested, which costs the
            others nothing.
        groups: (N,), of every image the number, from 0 on, of what it is one of, as a scene or a patient: images of one
            are not independent, and positives are counted in groups.
        known: (N, C), which labels are known: an image takes no part in the other classes. None: all.
        primary: "low-frequency" or "gain-and-cost", see `question.declared_questions`.
        test_classes: whether single classes are tested, as a question of their own at 5% (Bonferroni).
        margin: differences within it are practically equal; by default the metric's.
        doses: methods that differ in one number; the trend of each family is a further member of the primary question.

    Raises:
        InputError: the scores do not hold what is asked for, or hold no test part.

    Source:
        Nadeau and Bengio, Machine Learning 2003; Smyth, SAGMB 2004; Westfall and Young, Resampling-Based Multiple
        Testing, 1993. Error rate, coverage and power are measured in docs/statistics.md.
    """
    metric_to_compare(metric)  # raises
    heads = [(head.encoder, head.method) for head in scores if head.part == "test"]
    methods = _methods_by_encoder(heads, baseline)
    grouping = _grouping(classes)
    units = None if groups is None else np.unique(groups, return_inverse=True)[1]

    def measure(to: Mapping[str, str]) -> list[Contrasts]:
        return [
            contrasts_from_scores(
                scores,
                encoder=encoder,
                methods=others,
                baseline=baseline,
                metric=metric,
                grouping=grouping,
                labels=labels,
                baselines=to,
                groups=units,
                known=known,
            )
            for encoder, others in methods.items()
        ]

    return decide_verdicts(
        measure(baselines),
        grouping,
        metric=metric,
        baseline=baseline,
        baselines=baselines,
        set_aside=set_aside,
        to_one_baseline=measure({}) if baselines else None,
        primary=primary,
        test_classes=test_classes,
        margin=margin,
        doses=doses,
        min_positives=min_positives,
    )


def compare_results(
    results: pd.DataFrame,
    *,
    classes: pd.DataFrame,
    metric: str = "average_precision",
    baseline: str = "baseline",
    primary: str = "low-frequency",
    test_classes: bool = False,
    margin: float | None = None,
    min_positives: float = MIN_POSITIVES,
) -> Comparison:
    """Compare methods as `compare_methods` does where the heads' scores are not at hand, but their results are.

    The sampling of the test images cannot be measured then; the Nadeau-Bengio correction stands in for it, with less
    power.

    Args:
        results: the tidy table of a run; any metric of classes in it can be compared.
        classes: a run's table of classes: class_name, count, low_frequency, train, validation, test.
    """
    rows = results[results["part"] == "test"]
    named = rows[["encoder", "method"]].drop_duplicates().astype(str)
    methods = _methods_by_encoder(list(named.itertuples(index=False, name=None)), baseline)
    grouping = _grouping(classes)
    contrasts = [
        contrasts_from_results(
            rows[rows["encoder"] == encoder],
            encoder=encoder,
            methods=others,
            baseline=baseline,
            metric=metric,
            grouping=grouping,
            test_share=_test_share(classes),
        )
        for encoder, others in methods.items()
    ]
    return decide_verdicts(
        contrasts,
        grouping,
        metric=metric,
        baseline=baseline,
        primary=primary,
        test_classes=test_classes,
        margin=margin,
        min_positives=min_positives,
    )


def decide_verdicts(
    contrasts: Sequence[Contrasts],
    grouping: Grouping,
    *,
    metric: str,
    baseline: str = "baseline",
    baselines: Mapping[str, str] = MappingProxyType({}),
    set_aside: Mapping[str, str] = MappingProxyType({}),
    to_one_baseline: Sequence[Contrasts] | None = None,
    primary: str = "low-frequency",
    test_classes: bool = False,
    margin: float | None = None,
    doses: Sequence[DoseFamily] = (),
    min_positives: float = MIN_POSITIVES,
) -> Comparison:
    """Turn contrasts into verdicts; arguments and result as those of `compare_methods`.

    `to_one_baseline` holds the same methods' contrasts to `baseline`, where `contrasts` are not all to it: the
    recommendation chooses among methods of every link, so it needs effects that can be compared.

    Raises:
        InputError: there are no contrasts, as when there is no method beside the baseline; an unknown primary question.
    """
    if not contrasts:
        raise InputError(f"there is no method beside the baseline {baseline!r} to compare; name another in the study")
    margin = default_margin(metric) if margin is None else margin
    estimates = [estimate_differences(c, grouping) for c in contrasts]
    rows = estimate_rows(contrasts, estimates, grouping, metric)
    rows["compared_with"] = [baselines.get(method, baseline) for method in rows["method"]]
    identical = identical_by_construction(rows, set_aside)
    for end in ("low", "high"):
        rows.loc[identical, end] = rows.loc[identical, "difference"]
    rows.loc[rows["seeds"] < MIN_SEEDS, "p"] = np.nan
    declared = declared_questions(primary, test_classes=test_classes)
    questions = _with_members(declared, rows, set_aside, min_positives)
    found = trends(contrasts, estimates, grouping, families=doses, left_out=set_aside)
    further = {PRIMARY: [trend.sample for trend in found]}
    tests = [
        question_test(d, q, contrasts, grouping, further.get(d.name, []))
        for d, q in zip(declared, questions, strict=True)
    ]
    asked = list(zip(questions, tests, strict=True))
    table = with_verdicts(rows, concatenate(estimates), asked, known=set_aside, margin=margin)
    statistics = describe(
        table,
        asked,
        title=metric_title(metric),
        has_test_variance=all(c.has_test_variance for c in contrasts),
        min_positives=min_positives,
        min_seeds=MIN_SEEDS,
    )
    if to_one_baseline is not None:
        contrasts, estimates = to_one_baseline, [estimate_differences(c, grouping) for c in to_one_baseline]
        tests = [question_test(d, q, contrasts, grouping, []) for d, q in zip(declared, questions, strict=True)]
    by_group = {group: test for d, test in zip(declared, tests, strict=True) for group in d.groups}
    recommendation = recommend(
        candidates(contrasts, estimates, by_group, table, grouping, baseline=baseline),
        metric=metric,
        baseline=baseline,
        baseline_values=_baseline_values(table),
        statistics=statistics,
    )
    ranks = rank_table(table, baseline=baseline, lower=lower_is_better(metric))
    return Comparison(
        table,
        recommendation,
        ranks,
        trend_table(found, asked[0][1], metric=metric, margin=margin),
        best_table(contrasts, estimates, grouping, metric=metric, baseline=baseline, left_out=set_aside),
    )


def _with_members(
    declared: Sequence[Declared], rows: pd.DataFrame, set_aside: Mapping[str, str], min_positives: float
) -> list[Question]:
    left_out = rows["method"].isin(list(set_aside)).to_numpy(bool)
    testable = (rows["support"] >= min_positives).to_numpy(bool) & rows["p"].notna().to_numpy(bool)
    return [with_members(d, rows, left_out=left_out, testable=testable) for d in declared]


def _baseline_values(table: pd.DataFrame) -> dict[str, float]:
    rows = table[table["class_name"].eq(LOW_FREQUENCY) & table["is_group"]].drop_duplicates("encoder")
    return dict(zip(rows["encoder"], rows["baseline"].astype(float), strict=True))


def _methods_by_encoder(heads: Sequence[tuple[str, str]], baseline: str) -> dict[str, list[str]]:
    """Return each encoder's methods beside the baseline, in order of appearance; encoders that have none are left out.

    Raises:
        InputError: there are no heads, or an encoder has no baseline.
    """
    if not heads:
        raise InputError("there is no test part; verdicts are not given on images that thresholds were tuned on")
    methods: dict[str, list[str]] = {}
    for encoder, method in dict.fromkeys(heads):
        methods.setdefault(encoder, []).append(method)
    for encoder, named in methods.items():
        if baseline not in named:
            raise InputError(f"encoder {encoder!r} has no baseline {baseline!r}; it has {', '.join(named)}")
    others = {encoder: [method for method in named if method != baseline] for encoder, named in methods.items()}
    return {encoder: named for encoder, named in others.items() if named}


def _grouping(classes: pd.DataFrame) -> Grouping:
    return group_classes(
        classes["class_name"].astype(str).tolist(),
        counts=classes["count"].to_numpy(np.int64),
        low_frequency=classes["low_frequency"].to_numpy(bool),
    )


def _test_share(classes: pd.DataFrame) -> float:
    """Return the share of the labels that a test part holds."""
    parts = {name: float(classes[name].sum()) for name in ("train", "validation", "test")}
    return parts["test"] / sum(parts.values())
