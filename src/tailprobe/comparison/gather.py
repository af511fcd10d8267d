"""From a run's tables to the spread of every comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.comparison.groups import Grouping
from tailprobe.comparison.influence import Influence, influence
from tailprobe.comparison.spread import Spread, SpreadSum, leverage, spread_without_images, stack_spreads
from tailprobe.errors import InputError
from tailprobe.scores.head_scores import read_head_scores


@dataclass(frozen=True, eq=False)
class Measured:
    """One encoder: M methods against the baseline, over K columns, the classes and their groups."""

    encoder: str
    methods: tuple[str, ...]
    values: Spread  # (M, K) of the methods
    differences: Spread  # (M, K) from the baseline of the same seed
    support: Float[np.ndarray, " C"]  # test positives, mean over seeds
    by_images: bool  # whether the spread of the images was measured, or taken from the share they make


@dataclass(frozen=True, eq=False)
class ScoredPart:
    """A method under one seed: its numbers of the classes and what each test image counts in them."""

    rows: Int[np.ndarray, " T"]  # places in the image set
    labels: Bool[np.ndarray, "T C"]
    found: Influence

    @classmethod
    def score(
        cls,
        metric: str,
        rows: Int[np.ndarray, " T"],
        labels: Bool[np.ndarray, "T C"],
        scores: Float[np.ndarray, "T C"],
        thresholds: Float[np.ndarray, " C"] | None = None,
    ) -> "ScoredPart":
        """Take a metric of the images at `rows`, whose own labels and scores are given."""
        found = influence(metric, labels, scores, thresholds)
        return cls(rows, labels, Influence(found.value, found.weight * leverage(labels)))


def measure_by_images(
    results: pd.DataFrame,
    *,
    encoder: str,
    methods: Sequence[str],
    baseline: str,
    metric: str,
    grouping: Grouping,
    labels: Bool[np.ndarray, "N C"],
    scores: Path,
) -> Measured:
    """Measure both spreads, the metric taken anew from the stored logits of the test part.

    Args:
        results: the tidy table's rows of this encoder and the test part; its thresholds are used.
        labels: (N, C), of every image of the study's image set.
        scores: the run's `scores.parquet`.

    Raises:
        InputError: a head is missing from the scores, or the metric is not known.
    """
    seeds = sorted(results["seed"].unique().tolist())
    thresholds = _thresholds(results, metric, grouping.classes)

    def part(method: str, seed: int) -> ScoredPart:
        rows, logits = read_head_scores(scores, encoder=encoder, method=method, seed=seed, part="test")
        if rows.min() < 0 or rows.max() >= len(labels):
            raise InputError(
                f"{scores}: rows {rows.min()} to {rows.max()} of {len(labels)} images; labels of another set"
            )
        return ScoredPart.score(metric, rows, labels[rows], _probabilities(logits), thresholds.get((method, seed)))

    return measure(
        ((part(method, seed) for seed in seeds) for method in methods),
        [part(baseline, seed) for seed in seeds],
        encoder=encoder,
        methods=methods,
        grouping=grouping,
        images=len(labels),
    )


def measure(
    parts: Iterable[Iterable[ScoredPart]],
    plain: Sequence[ScoredPart],
    *,
    encoder: str,
    methods: Sequence[str],
    grouping: Grouping,
    images: int,
) -> Measured:
    """Measure both spreads from scored test parts.

    Args:
        parts: for each of M methods its test parts, seed by seed; taken one at a time, so a generator saves memory.
        plain: the baseline's, in the same order of seeds.
        images: N, of the image set.

    Raises:
        InputError: a method and the baseline of the same seed were tested on different images.
    """
    spreads = [_method_spreads(mine, plain, grouping, images) for mine in parts]
    values, differences = zip(*spreads, strict=True)
    support = np.mean([p.labels.sum(axis=0) for p in plain], axis=0)
    return Measured(encoder, tuple(methods), stack_spreads(values), stack_spreads(differences), support, True)


def measure_by_seeds(
    results: pd.DataFrame,
    *,
    encoder: str,
    methods: Sequence[str],
    baseline: str,
    metric: str,
    grouping: Grouping,
    test_share: float,
) -> Measured:
    """Measure the spread of the seeds alone and take the images' from the share of them that is tested.

    Args:
        results: the tidy table's rows of this encoder and the test part.
        test_share: as in `spread_without_images`.
    """
    by_method = {method: _values(results, method, metric, grouping.classes) for method in (*methods, baseline)}
    for method, values in by_method.items():
        if len(values) != len(by_method[baseline]):
            raise InputError(
                f"encoder {encoder!r}: method {method!r} has {len(values)} seed(s), the baseline "
                f"{len(by_method[baseline])}; compare methods of the same seeds"
            )
    wide = {method: np.stack([grouping.extend(row) for row in values]) for method, values in by_method.items()}
    differences = [
        np.stack([grouping.extend(a - b) for a, b in zip(by_method[method], by_method[baseline], strict=True)])
        for method in methods
    ]
    return Measured(
        encoder,
        tuple(methods),
        stack_spreads([spread_without_images(wide[method], test_share=test_share) for method in methods]),
        stack_spreads([spread_without_images(values, test_share=test_share) for values in differences]),
        _values(results, baseline, "support", grouping.classes).mean(axis=0),
        False,
    )


def _method_spreads(
    parts: Iterable[ScoredPart], plain: Sequence[ScoredPart], grouping: Grouping, images: int
) -> tuple[Spread, Spread]:
    """Return the spread of a method's own numbers and that of its differences from the baseline."""
    columns = len(grouping.names)
    own, paired = SpreadSum(images=images, columns=columns), SpreadSum(images=images, columns=columns)
    for mine, base in zip(parts, plain, strict=True):
        if not np.array_equal(mine.rows, base.rows):
            raise InputError("a method and its baseline were tested on different images; score the study again")
        value, difference = mine.found.value, mine.found.value - base.found.value
        own.add(grouping.extend(value), mine.rows, grouping.extend_weights(value, mine.found.weight))
        weight = mine.found.weight - base.found.weight
        paired.add(grouping.extend(difference), mine.rows, grouping.extend_weights(difference, weight))
    return own.spread(), paired.spread()


def _thresholds(
    results: pd.DataFrame, metric: str, classes: Sequence[str]
) -> dict[tuple[str, int], Float[np.ndarray, " C"]]:
    """Return the thresholds of the metric's rule by method and seed; none for a metric of scores."""
    rule = metric.partition("@")[2]
    if not rule:
        return {}
    table = _wide(results, f"threshold@{rule}", classes)
    return {
        (str(method), int(seed)): row for (method, seed), row in zip(table.index, table.to_numpy(float), strict=True)
    }


def _values(results: pd.DataFrame, method: str, metric: str, classes: Sequence[str]) -> Float[np.ndarray, "S C"]:
    table = _wide(results[results["method"] == method], metric, classes)
    return table.to_numpy(float)


def _wide(results: pd.DataFrame, metric: str, classes: Sequence[str]) -> pd.DataFrame:
    """Return a metric of the classes: a row for each method and seed, in that order, a column for each class."""
    rows = results[(results["metric"] == metric) & ~results["is_group"]]
    if rows.empty:
        known = ", ".join(results["metric"].astype(str).unique())
        raise InputError(f"metric {metric!r} is not among the results; they have: {known or 'none'}")
    rows = rows.assign(method=rows["method"].astype(str), **{"class_name": rows["class_name"].astype(str)})
    # Not pivot_table: that leaves out rows without values.
    wide = rows.pivot(index=["method", "seed"], columns="class_name", values="value")  # noqa: PD010
    return wide.reindex(columns=list(classes)).sort_index()


def _probabilities(logits: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "N C"]:
    # In float32, as the results were scored: above 17 the sigmoid is 1, and such scores are ties.
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))), dtype=np.float32)
