"""Verdicts: whether a method improves or worsens each group, and each class, tested against the baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from tailprobe.comparison.best import best_table
from tailprobe.comparison.candidates import candidates
from tailprobe.comparison.contrasts import Contrasts, estimate_differences
from tailprobe.comparison.description import describe
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.joint_test import question_test
from tailprobe.comparison.question import PRIMARY, Declared, Question, declared_questions, with_members
from tailprobe.comparison.ranks import rank_table
from tailprobe.comparison.recommendation import Candidate, Recommendation, recommend
from tailprobe.comparison.table import (
    concatenate,
    estimate_rows,
    identical_by_construction,
    with_verdicts,
    without_intervals,
    without_unchanged,
)
from tailprobe.comparison.trend import trend_table, trends
from tailprobe.comparison.words import MIN_POSITIVES, MIN_SEEDS
from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.methods.doses import DoseFamily
from tailprobe.scores.metric import default_margin, lower_is_better, metric_title


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a study says of its methods.

    `verdicts` has a row for each (encoder, method but the baseline, class or group): encoder, method, compared_with
    (the baseline of its link), class_name, is_group, metric, baseline and value (means over seeds), baseline_low and
    baseline_high (the baseline's 95% confidence interval), difference (value
    minus baseline, paired by seed), low and high (its 95% confidence interval, by itself; no row has intervals, p or
    minimum_detectable_effect where a test part has fewer than `min_positives` images of it), value_low and value_high
    (that of the value), p, p_adjusted (within its question, to be compared with `level`; NaN where not tested), support
    (positives in the test part, mean over seeds; of a group all classes together), minimum_detectable_effect (the
    difference detected with 80% power at the question's critical level, outside questions at 5%; NaN if none would
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
    candidates: tuple[Candidate, ...]  # what the recommendation was chosen among

    def with_statistics(self, sentence: str) -> "Comparison":
        """Return the comparison with a further sentence on how it came about."""
        statistics = (*self.recommendation.statistics, sentence)
        return replace(self, recommendation=replace(self.recommendation, statistics=statistics))


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
    """Turn contrasts into verdicts; arguments and result as those of `compare.compare_methods`.

    `to_one_baseline` holds the same methods' contrasts to `baseline`, where `contrasts` are not all to it: the
    recommendation chooses among methods of every link, so it needs effects that can be compared.

    Raises:
        InputError: there are no contrasts, such as with only the baseline; or the primary question is unknown.
    """
    if not contrasts:
        raise InputError(
            f"there is no method other than the baseline {baseline!r} to compare; name another in the study"
        )
    margin = default_margin(metric) if margin is None else margin
    estimates = [estimate_differences(c, grouping, metric=metric) for c in contrasts]
    rows = without_intervals(estimate_rows(contrasts, estimates, grouping, metric), min_positives=min_positives)
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
    table = without_unchanged(with_verdicts(rows, concatenate(estimates), asked, known=set_aside, margin=margin))
    statistics = describe(
        table,
        asked,
        title=metric_title(metric),
        has_test_variance=all(c.has_test_variance for c in contrasts),
        min_positives=min_positives,
        min_seeds=MIN_SEEDS,
    )
    if to_one_baseline is not None:
        contrasts = to_one_baseline
        estimates = [estimate_differences(c, grouping, metric=metric) for c in contrasts]
        tests = [question_test(d, q, contrasts, grouping, []) for d, q in zip(declared, questions, strict=True)]
    by_group = {group: test for d, test in zip(declared, tests, strict=True) for group in d.groups}
    weighed = candidates(contrasts, estimates, by_group, table, grouping, baseline=baseline)
    recommendation = recommend(
        weighed,
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
        best_table(contrasts, estimates, grouping, metric=metric, baseline=baseline, left_out=_untested(table)),
        tuple(weighed),
    )


def _with_members(
    declared: Sequence[Declared], rows: pd.DataFrame, set_aside: Mapping[str, str], min_positives: float
) -> list[Question]:
    left_out = rows["method"].isin(list(set_aside)).to_numpy(bool)
    testable = (rows["support"] >= min_positives).to_numpy(bool) & rows["p"].notna().to_numpy(bool)
    return [with_members(d, rows, left_out=left_out, testable=testable) for d in declared]


def _untested(table: pd.DataFrame) -> list[str]:
    """Return the methods that were not tested on the low-frequency classes: nothing is said of them elsewhere."""
    rows = table[table["class_name"].eq(LOW_FREQUENCY) & table["is_group"] & table["critical_level"].isna()]
    return list(dict.fromkeys(rows["method"].astype(str)))


def _baseline_values(table: pd.DataFrame) -> dict[str, float]:
    rows = table[table["class_name"].eq(LOW_FREQUENCY) & table["is_group"]].drop_duplicates("encoder")
    return dict(zip(rows["encoder"], rows["baseline"].astype(float), strict=True))
