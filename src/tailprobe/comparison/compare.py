"""A study's methods compared with their baseline, from the scores of its heads or from its table of results."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.comparison.contrasts import Contrasts, contrasts_from_results, contrasts_from_scores
from tailprobe.comparison.grouping import Grouping, group_classes
from tailprobe.comparison.verdict import Comparison, decide_verdicts
from tailprobe.comparison.words import MIN_POSITIVES
from tailprobe.errors import InputError
from tailprobe.methods.doses import DoseFamily
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import metric_to_compare


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
    recommendation. "practically equal" is a difference whose simultaneous interval is within the margin. "not tested"
    is a class with fewer test positives than `min_positives`, which costs the others nothing, and everything below
    three seeds; "underpowered" one with fewer than 20 whose minimum detectable effect exceeds 0.1. Rows outside the
    questions have no verdict.

    Args:
        scores: each head's test part, in memory or from `scores.stored.open_test_scores`; with the thresholds of the
            metric's rule, if it is one of decisions. Other parts in it are not looked at.
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
    """Compare methods as `compare_methods` does from results, if the heads' scores are not available.

    The sampling of the test images cannot be measured then; the Nadeau-Bengio correction is used instead, with less
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


def _methods_by_encoder(heads: Sequence[tuple[str, str]], baseline: str) -> dict[str, list[str]]:
    """Return each encoder's methods other than the baseline, in order of appearance; encoders without any are omitted.

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
