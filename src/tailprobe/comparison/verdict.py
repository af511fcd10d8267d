"""Verdicts: whether a method improves or worsens each class and each group, tested against the baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from tailprobe.comparison.contrasts import Contrasts, contrasts_from_results, contrasts_from_scores
from tailprobe.comparison.correction import adjust
from tailprobe.comparison.description import describe
from tailprobe.comparison.grouping import Grouping, group_classes
from tailprobe.comparison.inference import Estimate, estimate_levels, estimate_shrunk, rule_of_three
from tailprobe.comparison.ranks import rank_table
from tailprobe.comparison.recommendation import Candidate, Recommendation, recommend
from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import lower_is_better, metric_title, metric_to_compare

FloatArray = Float[np.ndarray, "*K"]
NO_OP, IDENTICAL_RANKING, IMPROVES, WORSENS, UNDERPOWERED, INCONCLUSIVE, NOT_TESTED = VERDICTS = (
    "no-op", "identical ranking", "improves", "worsens", "underpowered", "inconclusive", "not tested",
)  # fmt: skip
MIN_POSITIVES = 5  # fewer in the test part: a class is not tested, its intervals do not hold (docs/statistics.md)
MIN_SEEDS = 3  # two leave one degree of freedom: on simulated studies up to 14% of null effects were then significant
MIN_POSITIVES_FOR_NULL, LARGE_EFFECT = 20, 0.1  # fewer positives, and a larger minimum detectable effect: underpowered


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a study says of its methods.

    `verdicts` has a row for each (encoder, method but the baseline, class or group): encoder, method, compared_with
    (the baseline of its link), class_name, is_group, metric, baseline and value (means over seeds), difference (value
    minus baseline, paired by seed), low and high (its 95% confidence interval), value_low and value_high (that of the
    value), p, p_adjusted (NaN where not
    tested), support (positives in the test part, mean over seeds; of a group all classes together),
    minimum_detectable_effect (the difference detected with 80% power at the strictest level of the correction; NaN
    where none would be, as below three seeds), verdict (one of `VERDICTS`), seeds.
    """

    verdicts: pd.DataFrame
    recommendation: Recommendation
    ranks: pd.DataFrame  # as `ranks.rank_table` gives it


def compare_methods(
    scores: Mapping[HeadPart, HeadScores],
    *,
    labels: Bool[np.ndarray, "N C"],
    classes: pd.DataFrame,
    metric: str = "average_precision",
    baseline: str = "baseline",
    baselines: Mapping[str, str] = MappingProxyType({}),
    set_aside: Mapping[str, str] = MappingProxyType({}),
    correction: str = "holm",
    level: float = 0.05,
    min_positives: float = MIN_POSITIVES,
) -> Comparison:
    """Compare every method with the baseline of the same encoder, paired by seed, on the test part.

    Differences are tested by Student's t. Their variance is that between seeds over the number of seeds, plus the
    covariance of test parts that share images (`variance`), both shrunk by the study's other comparisons
    (`variance_shrinkage`, `covariance_shrinkage`); p-values are corrected over all encoders, methods, classes and
    groups together (`correction`). "improves" and "worsens" need an adjusted p-value at or below `level`. "not tested"
    is a class with fewer test positives than `min_positives`, which costs the others nothing, and everything below
    three seeds; "underpowered" one with fewer than 20 whose minimum detectable effect exceeds 0.1.

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
        correction: "holm" or "benjamini-hochberg".

    Raises:
        InputError: the scores do not hold what is asked for, or hold no test part.

    Source:
        Nadeau and Bengio, Machine Learning 2003; Smyth, SAGMB 2004; Holm, Scandinavian Journal of Statistics 1979.
        Error rate, coverage and power are measured in docs/statistics.md.
    """
    metric_to_compare(metric)  # raises
    heads = [(head.encoder, head.method) for head in scores if head.part == "test"]
    methods = _methods_by_encoder(heads, baseline)
    grouping = _grouping(classes)

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
        correction=correction,
        level=level,
        min_positives=min_positives,
    )


def compare_results(
    results: pd.DataFrame,
    *,
    classes: pd.DataFrame,
    metric: str = "average_precision",
    baseline: str = "baseline",
    correction: str = "holm",
    level: float = 0.05,
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
        correction=correction,
        level=level,
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
    correction: str = "holm",
    level: float = 0.05,
    min_positives: float = MIN_POSITIVES,
) -> Comparison:
    """Turn contrasts into verdicts; arguments and result as those of `compare_methods`.

    `to_one_baseline` holds the same methods' contrasts to `baseline`, where `contrasts` are not all to it: the
    recommendation chooses among methods of every link, so it needs effects that can be compared.

    Raises:
        InputError: there are no contrasts, as when there is no method beside the baseline.
    """
    if not contrasts:
        raise InputError(f"there is no method beside the baseline {baseline!r} to compare; name another in the study")
    estimates = [_estimate_differences(c, grouping) for c in contrasts]
    frames = [_frame(c, e, grouping, metric) for c, e in zip(contrasts, estimates, strict=True)]
    table = pd.concat(frames, ignore_index=True)
    few_seeds = table["seeds"] < MIN_SEEDS
    table.insert(2, "compared_with", [baselines.get(method, baseline) for method in table["method"]])
    known = table["method"].map(dict(set_aside))  # verdicts known beforehand
    identical = known.eq(IDENTICAL_RANKING)  # by construction, on any images: the difference is not an estimate
    for end in ("low", "high"):
        table.loc[identical, end] = table.loc[identical, "difference"]
    tested = (table["support"] >= min_positives) & ~few_seeds & table["p"].notna() & known.isna()
    table.loc[few_seeds, "p"] = np.nan
    table["p_adjusted"] = adjust(table["p"].where(tested).to_numpy(float), correction=correction)
    strictest = level / max(int(tested.sum()), 1)
    effects = np.concatenate([e.minimum_detectable_effect(level=strictest).ravel() for e in estimates])
    table["minimum_detectable_effect"] = effects
    table["verdict"] = known.where(known.notna(), _verdicts(table, metric, level=level))
    table.loc[few_seeds | (effects > 1), "minimum_detectable_effect"] = np.nan  # no possible difference is detected
    statistics = describe(
        title=metric_title(metric),
        seeds=int(table["seeds"].max()),
        tested=int(tested.sum()),
        correction=correction,
        level=level,
        has_test_variance=all(c.has_test_variance for c in contrasts),
        min_positives=min_positives,
        min_seeds=MIN_SEEDS,
        min_positives_for_null=MIN_POSITIVES_FOR_NULL,
        large_effect=LARGE_EFFECT,
    )
    if to_one_baseline is not None:
        contrasts, estimates = to_one_baseline, [_estimate_differences(c, grouping) for c in to_one_baseline]
    candidates = _candidates(contrasts, estimates, table, grouping, metric, baseline)
    recommendation = recommend(
        candidates, metric=metric, baseline=baseline, baseline_values=_baseline_values(table), statistics=statistics
    )
    ranks = rank_table(table, baseline=baseline, lower=lower_is_better(metric))
    return Comparison(table[list(_COLUMNS)], recommendation, ranks)


_COLUMNS = (
    "encoder", "method", "compared_with", "class_name", "is_group", "metric", "baseline", "value", "difference", "low",
    "high", "value_low", "value_high", "p", "p_adjusted", "support", "minimum_detectable_effect", "verdict", "seeds",
)  # fmt: skip


def _estimate_differences(contrasts: Contrasts, grouping: Grouping) -> Estimate:
    support = grouping.effective_support(contrasts.support)
    estimate = estimate_shrunk(contrasts.differences, support=support, classes=len(grouping.classes))
    return rule_of_three(estimate, support=support)


def _frame(contrasts: Contrasts, differences: Estimate, grouping: Grouping, metric: str) -> pd.DataFrame:
    """Lay one encoder out as rows: method by method its classes and groups."""
    methods, columns = differences.mean.shape
    support = grouping.effective_support(contrasts.support)
    values = rule_of_three(estimate_levels(contrasts.values), support=support)
    low, high = _clip_to_range(differences.interval())
    value_low, value_high = values.logit_interval()  # every metric lies in [0, 1]
    return pd.DataFrame(
        {
            "encoder": contrasts.encoder,
            "method": np.repeat(np.array(contrasts.methods, dtype=object), columns),
            "class_name": np.tile(np.array(grouping.names, dtype=object), methods),
            "is_group": np.tile(np.arange(columns) >= len(grouping.classes), methods),
            "metric": metric,
            "baseline": (values.mean - differences.mean).ravel(),
            "value": values.mean.ravel(),
            "difference": differences.mean.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "value_low": value_low.ravel(),
            "value_high": value_high.ravel(),
            "p": differences.p().ravel(),
            "support": np.tile(grouping.append_group_support(contrasts.support), methods),
            "seeds": contrasts.differences.seeds.ravel(),
        }
    )


def _clip_to_range(interval: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Cut intervals of differences off where metrics in [0, 1] cannot differ by more."""
    return np.clip(interval[0], -1, 1), np.clip(interval[1], -1, 1)


def _verdicts(table: pd.DataFrame, metric: str, *, level: float) -> list[str]:
    sign = -1 if lower_is_better(metric) else 1
    better = sign * table["difference"] > 0
    significant = table["p_adjusted"] <= level
    not_tested = table["p_adjusted"].isna()
    underpowered = (table["support"] < MIN_POSITIVES_FOR_NULL) & ~(table["minimum_detectable_effect"] <= LARGE_EFFECT)
    conditions = [significant & better, significant, not_tested, underpowered]
    return np.select(conditions, [IMPROVES, WORSENS, NOT_TESTED, UNDERPOWERED], INCONCLUSIVE).tolist()


def _candidates(
    contrasts: Sequence[Contrasts],
    estimates: Sequence[Estimate],
    table: pd.DataFrame,
    grouping: Grouping,
    metric: str,
    baseline: str,
) -> list[Candidate]:
    """Return every method as the recommendation weighs it.

    Intervals hold for the effects of all methods on both groups at once, and the probability for all effects on the
    low-frequency classes (Bonferroni): the best of several is the one that chance has favoured most.
    """
    n_methods = sum(len(c.methods) for c in contrasts)
    rare, remaining = grouping.column(LOW_FREQUENCY), grouping.column(REMAINING)
    rows = table[table["class_name"].eq(LOW_FREQUENCY) & table["is_group"]].reset_index(drop=True)
    candidates: list[Candidate] = []
    for c, e in zip(contrasts, estimates, strict=True):
        better = Estimate(-e.mean, e.standard_error, e.df) if lower_is_better(metric) else e
        low, high = _clip_to_range(better.interval(level=1 - 0.05 / (2 * n_methods)))
        probability = np.maximum(1 - n_methods * (1 - better.probability_of_benefit()), 0)
        for i, method in enumerate(c.methods):
            row = rows.iloc[len(candidates)]
            candidates.append(
                Candidate(
                    encoder=c.encoder,
                    method=method,
                    value=float(row["value"]),
                    effect_rare=float(better.mean[i, rare]),
                    effect_rare_low=float(low[i, rare]),
                    effect_rare_high=float(high[i, rare]),
                    effect_remaining=float(better.mean[i, remaining]),
                    effect_remaining_low=float(low[i, remaining]),
                    effect_remaining_high=float(high[i, remaining]),
                    probability_of_benefit=float(probability[i, rare]),
                    minimum_detectable_effect=float(row["minimum_detectable_effect"]),
                    seeds=int(row["seeds"]),
                    # Of a method that was tested against another baseline: by its interval from this one.
                    improves=row["verdict"] == IMPROVES
                    if row["compared_with"] == baseline
                    else float(low[i, rare]) > 0 and row["verdict"] not in (NO_OP, IDENTICAL_RANKING),
                )
            )
    return candidates


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
