"""The tidy table: every metric of every head, one value a row.

Columns: `encoder`, `method`, `seed`, `part` ("validation" or "test"), `class_name`, `metric`, `value`, and `is_group`:
True where `class_name` is a group of classes (see `groups`) and not a class of the same name.

Metrics of a class: `support`; `all_negative_accuracy`, the binary accuracy of predicting no image positive; the metrics
of scores in `metrics/`; and for each rule T of the study (see `rules`) `threshold@T` and the metrics of decisions,
`recall@T` and so on. For the test part and tuned rules also `optimism@T`: the gain if T were tuned on the test part
itself, in the F that T maximises, for `cost` in the share of the cost saved, for `precision` in precision. A group's
value is the unweighted mean over those of its classes where the metric is defined.

Metrics of a group only: `classes`, how many of its classes have positives in this part, and `classes@T`, how many of
those have a threshold. Of `all` only: the metrics of all classes together (`head_metric`), as `sample_f2@T`, and those
of single-label images where all are, as `top1`.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.errors import InputError
from tailprobe.groups import GROUPS, group_members
from tailprobe.scores.decisions import all_negative_accuracy
from tailprobe.scores.metric import Sample, all_head_metrics, all_metrics
from tailprobe.scores.ratio import defined_mean
from tailprobe.scores.rules import optimism_of
from tailprobe.scores.summary import summarise
from tailprobe.scores.table import COLUMNS, concatenated, read_results, repeated, tidy_table, write_results

__all__ = [
    "COLUMNS",
    "PAPER_THRESHOLDS",
    "read_results",
    "score_head",
    "summarise",
    "tidy_table",
    "write_results",
]

PAPER_THRESHOLDS = ("0.5", "0.2", "tuned")


def score_head(
    *,
    validation: tuple[Bool[np.ndarray, "V C"], Float[np.ndarray, "V C"]],
    test: tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]] | None,
    classes: Sequence[str],
    counts: Int[np.ndarray, " C"],
    low_frequency: Bool[np.ndarray, " C"],
    single_label: bool,
    thresholds: Mapping[str, Float[np.ndarray, " C"]],
    known: Mapping[str, Bool[np.ndarray, "N C"] | None] | None = None,
) -> pd.DataFrame:
    """Score one head on both held-out parts.

    Args:
        validation, test: labels (N, C) bool and probabilities (N, C) float. Without a third part, as in the authors'
            runs, `test` is None.
        classes: names of the C classes.
        counts: (C,) images of each class in the whole collection, which decide the groups, see `groups`.
        low_frequency: (C,) which classes are low-frequency.
        single_label: whether to add the metrics of single-label images, as `top1`.
        thresholds: (C,) thresholds by rule, as `rules.tune_thresholds` returns them for the validation part.
        known: by part, which labels are known, (N, C); the metrics of a class are over those images. None: all.

    Returns:
        The tidy table's columns `part`, `class_name`, `metric`, `value`, `is_group`. Where a class has no threshold,
        because the validation part has no positives, what depends on it is NaN.

    Raises:
        InputError: scores are not probabilities, a part has no rows, or a rule is not known.
    """
    given = {"validation": validation} | ({} if test is None else {"test": test})
    parts = {name: Sample(*part, known=(known or {}).get(name)) for name, part in given.items()}
    for name, part in parts.items():
        _check_probabilities(name, part.scores)
    groups = dict(zip(GROUPS, group_members(counts, low_frequency), strict=True))
    frames = []
    for name, part in parts.items():
        values = _class_scores(part, thresholds)
        if name == "test":
            values |= _optimism(thresholds, parts["validation"], part)
        of_groups = _group_scores(part, thresholds, groups, single_label=single_label)
        frames.append(_frame(name, classes, values, groups, of_groups))
    return concatenated(frames)


def _optimism(names: Iterable[str], validation: Sample, test: Sample) -> dict[str, Float[np.ndarray, " C"]]:
    found = {name: optimism_of(name, validation=validation, test=test) for name in names}
    return {f"optimism@{name}": values for name, values in found.items() if values is not None}


def _class_scores(
    sample: Sample, thresholds: Mapping[str, Float[np.ndarray, " C"]]
) -> dict[str, Float[np.ndarray, " C"]]:
    """Return each metric of the classes by name, (C,) float64."""
    values = {
        "support": sample.ranked.support.astype(np.float64),
        "all_negative_accuracy": all_negative_accuracy(sample.labels, sample.known),
    }
    values |= {metric.name: metric.of_sample(sample) for metric in all_metrics() if metric.of == "scores"}
    for name, threshold in thresholds.items():
        decided = Sample(sample.labels, sample.scores, threshold, sample.known)
        values[f"threshold@{name}"] = threshold
        values |= {f"{m.name}@{name}": m.of_sample(decided) for m in all_metrics() if m.of == "decisions"}
    return values


def _group_scores(
    part: Sample,
    thresholds: Mapping[str, Float[np.ndarray, " C"]],
    groups: Mapping[str, Bool[np.ndarray, " C"]],
    *,
    single_label: bool,
) -> dict[str, list[float]]:
    """Return the metrics of groups only: a value for every group, or only for `all`."""
    group = np.stack(list(groups.values()))  # (G, C)
    carried = part.where_known(part.labels).any(axis=0)
    of_all = [metric for metric in all_head_metrics() if single_label or not metric.single_label]
    values = {"classes": (group & carried).sum(axis=1).astype(float).tolist()}
    values |= {metric.name: [metric.value(part)] for metric in of_all if metric.of == "scores"}
    for name, threshold in thresholds.items():
        decided = Sample(part.labels, part.scores, threshold, part.known)
        values[f"classes@{name}"] = (group & carried & ~np.isnan(threshold)).sum(axis=1).astype(float).tolist()
        values |= {f"{metric.name}@{name}": [metric.value(decided)] for metric in of_all if metric.of == "decisions"}
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
    alone = [
        (name, metric, value) for metric, row in group_scores.items() for name, value in zip(groups, row, strict=False)
    ]
    group_names, group_metrics, group_values = zip(*alone, strict=True)
    names, metrics = [*classes, *groups], list(class_scores)
    is_group = np.arange(len(names)) >= len(classes)
    return pd.DataFrame(
        {
            "part": repeated([part], [values.size + len(alone)]),
            "class_name": repeated([*names * len(metrics), *group_names]),
            "metric": repeated([*metrics, *group_metrics], [*[len(names)] * len(metrics), *[1] * len(alone)]),
            "value": np.concatenate([values.ravel(), group_values]),
            "is_group": np.concatenate([np.tile(is_group, len(metrics)), np.ones(len(alone), dtype=bool)]),
        }
    )


def _defined_means(values: Float[np.ndarray, "M C"], group: Bool[np.ndarray, "G C"]) -> Float[np.ndarray, "M G"]:
    """Return each metric's mean over the classes of each group where it is defined, NaN where there are none."""
    return defined_mean(np.where(group, values[:, None], np.nan), axis=2)


def _check_probabilities(part: str, scores: Float[np.ndarray, "N C"]) -> None:
    if not ((scores >= 0) & (scores <= 1) | np.isnan(scores)).all():  # NaN has an error of its own
        raise InputError(
            f"{part} part: expected probabilities in [0, 1], got scores from {scores.min()} to {scores.max()}; "
            "turn logits into probabilities first, see scores.link"
        )
