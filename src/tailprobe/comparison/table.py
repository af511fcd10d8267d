"""The table of verdicts: a row for each encoder, method, and class or group, with estimate, test and verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate, estimate_levels, rule_of_three
from tailprobe.comparison.min_p import SingleStep
from tailprobe.comparison.question import Question
from tailprobe.comparison.words import IDENTICAL_RANKING, NO_OP, verdict_words, within_margin
from tailprobe.scores.metric import lower_is_better

COLUMNS = (
    "encoder", "method", "compared_with", "class_name", "is_group", "metric", "baseline", "baseline_low",
    "baseline_high", "value", "difference", "low",
    "high", "value_low", "value_high", "p", "p_adjusted", "support", "minimum_detectable_effect", "verdict", "seeds",
    "question", "level", "critical_level", "simultaneous_low", "simultaneous_high", "margin", "below_margin",
    "standard_error_seeds", "standard_error_images",
)  # fmt: skip
ROW_LEVEL = 0.05  # of the interval of a single row


def estimate_rows(
    contrasts: Sequence[Contrasts], estimates: Sequence[Estimate], grouping: Grouping, metric: str
) -> pd.DataFrame:
    """Lay out what is estimated: encoder by encoder, method by method, its classes and groups."""
    frames = [_rows(c, e, grouping, metric) for c, e in zip(contrasts, estimates, strict=True)]
    return pd.concat(frames, ignore_index=True)


def without_intervals(rows: pd.DataFrame, *, min_positives: float) -> pd.DataFrame:
    """Leave out what so few test images cannot carry: intervals and p-values of rows with fewer than `min_positives`.

    Of one or two images a class's average precision takes a handful of values; their spread over a few seeds says
    nothing of other images, and an interval from it does not hold (docs/statistics.md).
    """
    ends = [f"{name}{end}" for name in ("", "baseline_", "value_") for end in ("low", "high")]
    rows.loc[(rows["support"] < min_positives).to_numpy(), [*ends, "p"]] = np.nan
    return rows


def without_unchanged(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the interval of a class whose difference is 0 in every seed and on every image, unless it is tested.

    The rule of three would make it as wide as the class has few images, beside intervals that are of another kind.
    """
    unchanged = _all_zero(table) & ~table["is_group"] & table["question"].eq("")
    table.loc[unchanged.to_numpy(), ["low", "high", "minimum_detectable_effect"]] = np.nan
    return table


def concatenate(estimates: Sequence[Estimate]) -> Estimate:
    """Return the estimates of every row, in the order of `estimate_rows`."""
    names = [field.name for field in fields(Estimate)]
    return Estimate(**{name: np.concatenate([getattr(e, name).ravel() for e in estimates]) for name in names})


def clip_to_range(
    interval: tuple[Float[np.ndarray, "*K"], Float[np.ndarray, "*K"]],
) -> tuple[Float[np.ndarray, "*K"], Float[np.ndarray, "*K"]]:
    """Cut intervals of differences off where metrics in [0, 1] cannot differ by more."""
    return np.clip(interval[0], -1, 1), np.clip(interval[1], -1, 1)


def with_verdicts(
    rows: pd.DataFrame,
    estimate: Estimate,
    tests: Sequence[tuple[Question, SingleStep]],
    *,
    known: Mapping[str, str],
    margin: float,
) -> pd.DataFrame:
    """Add to the rows what the tests of the questions say.

    Args:
        estimate: of the rows' differences.
        known: verdicts known beforehand, by method.
    """
    table = rows.assign(question="", level=np.nan, critical_level=np.nan, p_adjusted=np.nan, margin=margin)
    for question, test in tests:
        table.loc[question.asked, ["question", "level"]] = question.name, question.level
        table.loc[question.members, "critical_level"] = test.critical_level
        table.loc[question.members, "p_adjusted"] = test.adjust(table["p"].to_numpy(float)[question.members])
    critical = table["critical_level"].to_numpy(float)
    low, high = clip_to_range(estimate.interval(level=1 - critical))
    detectable = estimate.minimum_detectable_effect(level=np.where(np.isnan(critical), ROW_LEVEL, critical))
    detectable = np.where(table["p"].isna() | (detectable > 1), np.nan, detectable)  # no possible difference
    table = table.assign(simultaneous_low=low, simultaneous_high=high, minimum_detectable_effect=detectable)
    words = _words(table, margin)
    beforehand = table["method"].map(dict(known))
    table["verdict"] = beforehand.where(beforehand.notna(), words)
    rejected = table["p"].to_numpy(float) <= critical
    table["below_margin"] = rejected & within_margin(low, high, margin)
    return table[list(COLUMNS)]


def identical_by_construction(table: pd.DataFrame, known: Mapping[str, str]) -> Bool[np.ndarray, " R"]:
    """Return the rows whose difference is no estimate: the ranking is the baseline's, or the heads are to the bit."""
    verdict = table["method"].map(dict(known))
    return (verdict.eq(IDENTICAL_RANKING) | verdict.eq(NO_OP) & _all_zero(table)).to_numpy(bool)


def _all_zero(table: pd.DataFrame) -> pd.Series:
    """Return the rows whose difference is 0 in every seed and on every image."""
    return table[["standard_error_seeds", "standard_error_images", "difference"]].eq(0).all(axis=1)


def _words(table: pd.DataFrame, margin: float) -> list[str]:
    critical, sign = table["critical_level"].to_numpy(float), -1 if lower_is_better(table["metric"].iloc[0]) else 1
    return verdict_words(
        asked=table["question"].ne("").to_numpy(bool),
        tested=~np.isnan(critical),
        rejected=table["p"].to_numpy(float) <= critical,
        better=sign * table["difference"].to_numpy(float) > 0,
        equal=within_margin(
            table["simultaneous_low"].to_numpy(float), table["simultaneous_high"].to_numpy(float), margin
        ),
        support=table["support"].to_numpy(float),
        detectable=table["minimum_detectable_effect"].to_numpy(float),
    )


def _rows(contrasts: Contrasts, differences: Estimate, grouping: Grouping, metric: str) -> pd.DataFrame:
    methods, columns = differences.mean.shape
    support = grouping.effective_support(contrasts.support)
    values = rule_of_three(estimate_levels(contrasts.values), support=support)
    low, high = clip_to_range(differences.interval())
    baselines = rule_of_three(estimate_levels(contrasts.baselines), support=support)
    baseline_low, baseline_high = baselines.logit_interval()  # every metric is in [0, 1]
    value_low, value_high = values.logit_interval()
    return pd.DataFrame(
        {
            "encoder": contrasts.encoder,
            "method": np.repeat(np.array(contrasts.methods, dtype=object), columns),
            "class_name": np.tile(np.array(grouping.names, dtype=object), methods),
            "is_group": np.tile(np.arange(columns) >= len(grouping.classes), methods),
            "metric": metric,
            "baseline": (values.mean - differences.mean).ravel(),
            "baseline_low": baseline_low.ravel(),
            "baseline_high": baseline_high.ravel(),
            "value": values.mean.ravel(),
            "difference": differences.mean.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "value_low": value_low.ravel(),
            "value_high": value_high.ravel(),
            "p": differences.p().ravel(),
            "support": np.tile(grouping.append_group_support(contrasts.support), methods),
            "seeds": contrasts.differences.seeds.ravel(),
            "standard_error_seeds": differences.standard_error_seeds.ravel(),
            "standard_error_images": differences.standard_error_images.ravel(),
        }
    )
