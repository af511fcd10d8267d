"""The tidy table: every score of every head, one number a row.

Columns: `encoder`, `method`, `seed`, `part` ("validation" or "test"), `class_name`, `metric`, `value`, and `is_group`:
True where `class_name` names a group of classes (see `groups`) and not one class that happens to be called so.

Metrics of a class: `support`, `always_no`, `average_precision`, `roc_auc`, `precision_at_recall_0.8`,
`partial_roc_auc_0.1` (up to that false positive rate), `brier`, `calibration_error`, and for each rule T asked for (see
`rules`) `threshold@T`, `recall@T`, `precision@T`, `f1@T`, `f2@T`, `balanced_accuracy@T`, `binary_accuracy@T` and
`negative_share@T`; of the test part and rules that are tuned also `optimism@T`: what would be gained if T were tuned
on the test part itself, of the F that T maximises, of `cost` of the share of the cost saved, of `precision` of
precision. A group's value is the plain mean over those of its classes where the metric is defined.

Metrics of a group alone: `classes`, how many of its classes have positives in this part, and `classes@T`, how many of
those have a threshold. Of `all` alone: `sample_f2@T`, and `top1` for single-label images.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.errors import InputError
from tailprobe.groups import GROUPS, group_members
from tailprobe.scores.calibration import brier, expected_calibration_error
from tailprobe.scores.decisions import Confusion, always_no, sample_f2
from tailprobe.scores.operating import partial_roc_auc_of, precision_at_recall_of
from tailprobe.scores.ranking import average_precision_of, rank, roc_auc_of, top1
from tailprobe.scores.ratio import ratio
from tailprobe.scores.rules import NamedRule, parse_rule
from tailprobe.scores.summary import summarise
from tailprobe.scores.table import COLUMNS, concatenated, read_results, repeated, tidy_table, write_results
from tailprobe.scores.thresholds import decide
from tailprobe.scores.tuning import optimism

__all__ = [
    "COLUMNS",
    "PAPER_THRESHOLDS",
    "read_results",
    "score_head",
    "summarise",
    "tidy_table",
    "write_results",
]

Part = tuple[Bool[np.ndarray, "N C"], Float[np.ndarray, "N C"]]  # labels, and scores that are probabilities

PAPER_THRESHOLDS = ("0.5", "0.2", "tuned")
_RECALL, _MOST_FALSE = 0.8, 0.1  # of `precision_at_recall_0.8` and `partial_roc_auc_0.1`
DECISION_METRICS: Mapping[str, Callable[[Confusion], Float[np.ndarray, " C"]]] = {
    "recall": Confusion.recall,
    "precision": Confusion.precision,
    "f1": Confusion.f1,
    "f2": Confusion.f2,
    "balanced_accuracy": Confusion.balanced_accuracy,
    "binary_accuracy": Confusion.binary_accuracy,
    "negative_share": Confusion.negative_share,
}


def score_head(
    *,
    validation: tuple[Bool[np.ndarray, "V C"], Float[np.ndarray, "V C"]],
    test: tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]] | None,
    classes: Sequence[str],
    counts: Int[np.ndarray, " C"],
    low_frequency: Bool[np.ndarray, " C"],
    single_label: bool,
    thresholds: Sequence[str] = PAPER_THRESHOLDS,
) -> pd.DataFrame:
    """Score one head on both held-out parts; thresholds are tuned on the validation part alone.

    Args:
        validation, test: labels (N, C) bool and scores (N, C) float, probabilities. Without a third part, as in the
            authors' runs, `test` is None.
        counts: (C,), images of each class in the whole collection; they and
        low_frequency: (C,), the classes of the group of that name, decide the groups, see `groups`.
        single_label: also give `top1`.
        thresholds: names of rules, see `rules`.

    Returns:
        The tidy table's columns `part`, `class_name`, `metric`, `value`, `is_group`. Where a class has no threshold,
        for want of positives in the validation part, what depends on it is NaN.

    Raises:
        InputError: scores are not probabilities, a part has no rows, or a rule is not known.
    """
    parts = {"validation": validation} | ({} if test is None else {"test": test})
    for name, part in parts.items():
        _check_probabilities(name, part[1])
    rules = {name: parse_rule(name) for name in thresholds}
    cuts = {name: named.rule(*validation) for name, named in rules.items()}
    groups = dict(zip(GROUPS, group_members(counts, low_frequency), strict=True))
    frames = []
    for name, part in parts.items():
        values = _class_scores(part, cuts)
        if name == "test":
            values |= _optimism(rules, validation, part)
        own = _group_scores(part, cuts, groups, single_label=single_label)
        frames.append(_frame(name, classes, values, groups, own))
    return concatenated(frames)


def _optimism(
    rules: Mapping[str, NamedRule],
    validation: tuple[Bool[np.ndarray, "V C"], Float[np.ndarray, "V C"]],
    test: tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]],
) -> dict[str, Float[np.ndarray, " C"]]:
    return {
        f"optimism@{name}": optimism(named.rule, validation=validation, test=test, worth=named.worth)
        for name, named in rules.items()
        if named.worth is not None
    }


def _class_scores(part: Part, cuts: Mapping[str, Float[np.ndarray, " C"]]) -> dict[str, Float[np.ndarray, " C"]]:
    """Return each metric of the classes, (C,)."""
    labels, scores = part
    steps = rank(labels, scores)
    values = {
        "support": steps.support.astype(np.float64),
        "always_no": always_no(labels),
        "average_precision": average_precision_of(steps),
        "roc_auc": roc_auc_of(steps),
        f"precision_at_recall_{_RECALL}": precision_at_recall_of(steps, _RECALL),
        f"partial_roc_auc_{_MOST_FALSE}": partial_roc_auc_of(steps, _MOST_FALSE),
        "brier": brier(labels, scores),
        "calibration_error": expected_calibration_error(labels, scores),
    }
    for name, threshold in cuts.items():
        confusion = Confusion.count(labels, decide(scores, threshold))
        values[f"threshold@{name}"] = threshold
        for metric, measure in DECISION_METRICS.items():
            values[f"{metric}@{name}"] = np.where(np.isnan(threshold), np.nan, measure(confusion))
    return values


def _group_scores(
    part: Part,
    cuts: Mapping[str, Float[np.ndarray, " C"]],
    groups: Mapping[str, Bool[np.ndarray, " C"]],
    *,
    single_label: bool,
) -> dict[str, list[float]]:
    """Return each metric that groups have and classes have not: a value for every group, or for `all` alone."""
    labels, scores = part
    group = np.stack(list(groups.values()))  # (G, C)
    carried = labels.any(axis=0)
    values = {"classes": (group & carried).sum(axis=1).astype(float).tolist()}
    for name, threshold in cuts.items():
        values[f"classes@{name}"] = (group & carried & ~np.isnan(threshold)).sum(axis=1).astype(float).tolist()
        values[f"sample_f2@{name}"] = [sample_f2(labels, decide(scores, threshold))]
    if single_label:
        values["top1"] = [top1(labels, scores)]
    return values


def _frame(
    part: str,
    classes: Sequence[str],
    class_scores: Mapping[str, Float[np.ndarray, " C"]],
    groups: Mapping[str, Bool[np.ndarray, " C"]],
    group_scores: Mapping[str, Sequence[float]],
) -> pd.DataFrame:
    """Lay one part out as rows: metric by metric its classes and their groups, then the groups' own metrics."""
    values = np.stack(list(class_scores.values()))  # (M, C)
    values = np.concatenate([values, _defined_means(values, np.stack(list(groups.values())))], axis=1)  # (M, C + G)
    own = [
        (name, metric, value) for metric, row in group_scores.items() for name, value in zip(groups, row, strict=False)
    ]
    own_names, own_metrics, own_values = zip(*own, strict=True)
    names, metrics = [*classes, *groups], list(class_scores)
    is_group = np.arange(len(names)) >= len(classes)
    return pd.DataFrame(
        {
            "part": repeated([part], [values.size + len(own)]),
            "class_name": repeated([*names * len(metrics), *own_names]),
            "metric": repeated([*metrics, *own_metrics], [*[len(names)] * len(metrics), *[1] * len(own)]),
            "value": np.concatenate([values.ravel(), own_values]),
            "is_group": np.concatenate([np.tile(is_group, len(metrics)), np.ones(len(own), dtype=bool)]),
        }
    )


def _defined_means(values: Float[np.ndarray, "M C"], group: Bool[np.ndarray, "G C"]) -> Float[np.ndarray, "M G"]:
    """Return each metric's mean over the classes of each group where it is defined, NaN where there are none."""
    mine = ~np.isnan(values)[:, None] & group  # (M, G, C)
    # Summed, not multiplied by 0 or 1: a threshold may be infinite.
    return ratio(np.where(mine, values[:, None], 0).sum(axis=2), mine.sum(axis=2))


def _check_probabilities(part: str, scores: Float[np.ndarray, "N C"]) -> None:
    if not ((scores >= 0) & (scores <= 1) | np.isnan(scores)).all():  # NaN has an error of its own
        raise InputError(
            f"{part} part: expected probabilities in [0, 1], got scores from {scores.min()} to {scores.max()}; "
            "apply the sigmoid to logits first"
        )
