"""Verdicts: does a method help or hurt, on each class and on each group, and how sure is that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from tailprobe.comparison.correction import adjust
from tailprobe.comparison.gather import Measured, measure_by_images, measure_by_seeds
from tailprobe.comparison.groups import Grouping, group_classes
from tailprobe.comparison.inference import Estimate, estimate_moderated, estimate_values, widen_sameness
from tailprobe.comparison.influence import LOWER_IS_BETTER
from tailprobe.comparison.ranks import rank_table
from tailprobe.comparison.recommendation import Candidate, Recommendation, recommend, write_recommendation
from tailprobe.comparison.words import describe
from tailprobe.errors import InputError
from tailprobe.files import write_parquet
from tailprobe.groups import LOW_FREQUENCY, REMAINING

FloatArray = Float[np.ndarray, "*K"]
HELPS, HURTS, NO_EVIDENCE, TOO_FEW = "helps", "hurts", "no evidence", "too few positives"
VERDICTS = (HELPS, HURTS, NO_EVIDENCE, TOO_FEW)
LEAST_POSITIVES = 5  # below, in the test part, a class is not tested: its intervals do not hold (docs/statistics.md)
LEAST_SEEDS = 3  # two tell a spread by one number: on simulated studies up to 14% then found what was not there
SCARCE, LARGE = 20, 0.1  # fewer positives than this, and blind to differences as large as this: too few to tell


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a study says of its methods.

    `verdicts` has a row for each (encoder, method but the baseline, class or group): encoder, method, class_name,
    is_group, metric, baseline and value (means over seeds), difference (value minus baseline, pair by pair), low and
    high (its 95% confidence interval), value_low and value_high (that of the value), p, p_adjusted (NaN where not
    tested), support (positives in the test part, mean over seeds; of a group all classes together), detectable (the
    smallest difference found with a chance of 80%, at the strictest level of the correction; NaN where none would be,
    as below three seeds), verdict, seeds.
    """

    verdicts: pd.DataFrame
    recommendation: Recommendation
    ranks: pd.DataFrame  # as `ranks.rank_table` gives it

    def write(self, folder: Path) -> None:
        """Write verdicts.parquet, ranks.parquet and recommendation.json into a run folder, replacing older ones."""
        for name, table in (("verdicts", self.verdicts), ("ranks", self.ranks)):
            write_parquet(folder / f"{name}.parquet", table)
        write_recommendation(self.recommendation, folder / "recommendation.json")


def compare_methods(
    results: pd.DataFrame,
    *,
    classes: pd.DataFrame,
    labels: Bool[np.ndarray, "N C"] | None = None,
    scores: Path | None = None,
    metric: str = "average_precision",
    baseline: str = "baseline",
    correction: str = "holm",
    level: float = 0.05,
    least_positives: float = LEAST_POSITIVES,
) -> Comparison:
    """Compare every method with the baseline of the same encoder, seed by seed, on the test part.

    Differences are tested by Student's t, its variance the seeds' over their number plus the covariance of test parts
    that share images (`spread`), steadied by the study's other comparisons (`moderation`), and corrected over
    all encoders, methods, classes and groups together (`correction`). A verdict other than "no evidence" or "too few
    positives" needs an adjusted p-value at or below `level`, and at least three seeds. "Too few positives" is said of a
    class with fewer test positives than `least_positives`, which is not tested and costs the others nothing, and of one
    with fewer than 20 that is blind to a difference of 0.1.

    Args:
        results: the tidy table of a run.
        classes: its table of classes: class_name, count, low_frequency; without scores also train, validation and test.
        labels: (N, C), of every image of the study's image set, columns in the order of `classes`.
        scores: the run's `scores.parquet`. Without labels and scores the spread of the images cannot be measured and
            the Nadeau-Bengio correction stands in for it, which finds less.
        metric: a metric of classes in the results; with labels and scores one of `influence.METRICS`.
        correction: "holm" or "benjamini-hochberg".

    Raises:
        InputError: the tables do not hold what is asked for, name it differently, or hold no test part.

    Source:
        Nadeau and Bengio, Machine Learning 2003; Smyth, SAGMB 2004; Holm, Scandinavian Journal of Statistics 1979. What
        this is worth is measured in docs/statistics.md.
    """
    rows = _test_rows(results, metric, baseline)
    grouping = group_classes(
        classes["class_name"].astype(str).tolist(),
        counts=classes["count"].to_numpy(np.int64),
        low_frequency=classes["low_frequency"].to_numpy(bool),
    )
    measured = []
    for encoder in dict.fromkeys(rows["encoder"].astype(str)):
        mine = rows[rows["encoder"] == encoder]
        methods = [m for m in dict.fromkeys(mine["method"].astype(str)) if m != baseline]
        if not methods:
            continue
        named = {"encoder": encoder, "methods": methods, "baseline": baseline, "metric": metric, "grouping": grouping}
        if labels is not None and scores is not None:
            measured.append(measure_by_images(mine, **named, labels=labels, scores=scores))  # type: ignore[arg-type]
        else:
            measured.append(measure_by_seeds(mine, **named, test_share=_test_share(classes)))  # type: ignore[arg-type]
    return decide_verdicts(
        measured,
        grouping,
        metric=metric,
        baseline=baseline,
        correction=correction,
        level=level,
        least_positives=least_positives,
    )


def decide_verdicts(
    measured: Sequence[Measured],
    grouping: Grouping,
    *,
    metric: str,
    baseline: str = "baseline",
    correction: str = "holm",
    level: float = 0.05,
    least_positives: float = LEAST_POSITIVES,
) -> Comparison:
    """Turn measured spreads into verdicts; arguments and result as those of `compare_methods`.

    Raises:
        InputError: nothing was measured, as when there is no method beside the baseline.
    """
    if not measured:
        raise InputError(f"there is no method beside the baseline {baseline!r} to compare; name another in the study")
    paired = [_paired(m, grouping) for m in measured]
    frames = [_frame(m, e, grouping, metric) for m, e in zip(measured, paired, strict=True)]
    table = pd.concat(frames, ignore_index=True)
    few_seeds = table["seeds"] < LEAST_SEEDS
    tested = (table["support"] >= least_positives) & ~few_seeds & table["p"].notna()
    table.loc[few_seeds, "p"] = np.nan
    table["p_adjusted"] = adjust(table["p"].where(tested).to_numpy(float), correction=correction)
    strictest = level / max(int(tested.sum()), 1)
    table["detectable"] = np.concatenate([e.detectable(level=strictest).ravel() for e in paired])
    table["verdict"] = _verdicts(table, metric, level=level, least_positives=least_positives)
    table.loc[few_seeds | (table["detectable"] > 1), "detectable"] = np.nan  # nothing would have been found
    statistics = describe(
        metric=metric,
        seeds=int(table["seeds"].max()),
        tested=int(tested.sum()),
        correction=correction,
        level=level,
        by_images=all(m.by_images for m in measured),
        least_positives=least_positives,
        least_seeds=LEAST_SEEDS,
        scarce=SCARCE,
        large=LARGE,
    )
    candidates = _candidates(measured, paired, table, grouping, metric)
    recommendation = recommend(
        candidates, metric=metric, baseline=baseline, baseline_values=_baseline_values(table), statistics=statistics
    )
    columns = [*_COLUMNS, "seeds"]
    return Comparison(table[columns], recommendation, rank_table(table, baseline=baseline, lower=_lower(metric)))


_COLUMNS = (
    "encoder", "method", "class_name", "is_group", "metric", "baseline", "value", "difference", "low", "high",
    "value_low", "value_high", "p", "p_adjusted", "support", "detectable", "verdict",
)  # fmt: skip


def _paired(measured: Measured, grouping: Grouping) -> Estimate:
    support = grouping.support_of_variance(measured.support)
    found = estimate_moderated(measured.differences, support=support, classes=len(grouping.classes))
    return widen_sameness(found, support=support)


def _frame(measured: Measured, paired: Estimate, grouping: Grouping, metric: str) -> pd.DataFrame:
    """Lay one encoder out as rows: method by method its classes and groups."""
    methods, columns = paired.mean.shape
    values = widen_sameness(estimate_values(measured.values), support=grouping.support_of_variance(measured.support))
    low, high = _possible(paired.interval())
    value_low, value_high = values.share_interval()  # every metric lies in [0, 1]
    return pd.DataFrame(
        {
            "encoder": measured.encoder,
            "method": np.repeat(np.array(measured.methods, dtype=object), columns),
            "class_name": np.tile(np.array(grouping.names, dtype=object), methods),
            "is_group": np.tile(np.arange(columns) >= len(grouping.classes), methods),
            "metric": metric,
            "baseline": (values.mean - paired.mean).ravel(),
            "value": values.mean.ravel(),
            "difference": paired.mean.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "value_low": value_low.ravel(),
            "value_high": value_high.ravel(),
            "p": paired.p().ravel(),
            "support": np.tile(grouping.support(measured.support), methods),
            "seeds": measured.differences.seeds.ravel(),
        }
    )


def _possible(ends: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Cut intervals of differences off where metrics in [0, 1] cannot differ by more."""
    return np.clip(ends[0], -1, 1), np.clip(ends[1], -1, 1)


def _verdicts(table: pd.DataFrame, metric: str, *, level: float, least_positives: float) -> list[str]:
    sign = -1 if _lower(metric) else 1
    better = sign * table["difference"] > 0
    found = table["p_adjusted"] <= level
    blind = (table["support"] < SCARCE) & ~(table["detectable"] <= LARGE)
    few = (table["support"] < least_positives) | blind
    return np.select([found & better, found, few], [HELPS, HURTS, TOO_FEW], NO_EVIDENCE).tolist()


def _candidates(
    measured: Sequence[Measured], paired: Sequence[Estimate], table: pd.DataFrame, grouping: Grouping, metric: str
) -> list[Candidate]:
    """Return every method as the recommendation weighs it.

    Intervals hold for the gains and costs of all methods at once, and the certainty for all gains (Bonferroni): the
    best of several is the one that luck has favoured most.
    """
    many = sum(len(m.methods) for m in measured)
    low_frequency, remaining = grouping.place(LOW_FREQUENCY), grouping.place(REMAINING)
    rows = table[table["class_name"].eq(LOW_FREQUENCY) & table["is_group"]].reset_index(drop=True)
    found: list[Candidate] = []
    for m, e in zip(measured, paired, strict=True):
        better = Estimate(-e.mean, e.error, e.degrees) if _lower(metric) else e
        low, high = _possible(better.interval(level=1 - 0.05 / (2 * many)))
        certainty = np.maximum(1 - many * (1 - better.certainty()), 0)
        for i, method in enumerate(m.methods):
            row = rows.iloc[len(found)]
            gain, cost = (i, low_frequency), (i, remaining)
            found.append(
                Candidate(
                    m.encoder, method, float(row["value"]),
                    float(better.mean[gain]), float(low[gain]), float(high[gain]),
                    float(better.mean[cost]), float(low[cost]), float(high[cost]),
                    float(certainty[gain]), float(row["detectable"]), int(row["seeds"]), row["verdict"] == HELPS,
                )
            )  # fmt: skip
    return found


def _baseline_values(table: pd.DataFrame) -> dict[str, float]:
    rows = table[table["class_name"].eq(LOW_FREQUENCY) & table["is_group"]].drop_duplicates("encoder")
    return dict(zip(rows["encoder"], rows["baseline"].astype(float), strict=True))


def _lower(metric: str) -> bool:
    return metric.partition("@")[0] in LOWER_IS_BETTER


def _test_rows(results: pd.DataFrame, metric: str, baseline: str) -> pd.DataFrame:
    rows = results[results["part"] == "test"]
    if rows.empty:
        raise InputError(
            "the results hold no test part; verdicts are not drawn from images that thresholds were tuned on"
        )
    for encoder, mine in rows.groupby("encoder", observed=True):
        if baseline not in set(mine["method"].astype(str)):
            named = ", ".join(mine["method"].astype(str).unique())
            raise InputError(f"encoder {encoder!r} has no baseline {baseline!r}; it has {named}")
    return rows


def _test_share(classes: pd.DataFrame) -> float:
    """Return the share of the labels that a test part holds."""
    parts: Mapping[str, float] = {name: float(classes[name].sum()) for name in ("train", "validation", "test")}
    return parts["test"] / sum(parts.values())
