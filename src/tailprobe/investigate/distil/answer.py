"""`distil` answered: how few rows per class reach the score of all images, synthetic ones and chosen ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.investigate.distil.distillers import SELECTED, distillers
from tailprobe.investigate.distil.synthetic import TrainingPart
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.joint_estimate import JointEstimate, estimate_contrasts_jointly
from tailprobe.investigate.paired import GROUPS, Differences, Results, collect, compare_cases, group_masks
from tailprobe.investigate.trials import Material, Training, Trial, joint_of_groups
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.progress import Progress
from tailprobe.scores.metric import default_margin, lower_is_better, metric_title

QUESTION = (
    "In our discussion, we often noted that there likely exists some redundancy in the data. This idea is part of the "
    "motivation for data distillation which attempts to reduce a dataset to a few representative examples per class. "
    "Thus, this could be an interesting alternative to undersampling via random selection. (Panigrahi and Zhu, section "
    "6)"
)
ROWS = (1, 2, 5, 10, 20, 50)  # a class
RANDOM = "random"


@dataclass(frozen=True)
class Few:
    """A distiller and its rows per class; the reference uses all images."""

    distiller: str
    rows: int


ALL_IMAGES = Few("all", 0)


@dataclass(frozen=True, eq=False)
class DistilAnswer:
    """What `distil` found, for the figure; `finding` says it in words."""

    metric: str
    margin: float
    seeds: int
    images: float  # training images, mean over seeds
    classes: tuple[str, ...]  # distilled
    every: bool  # whether those are all
    rows: tuple[int, ...]
    groups: dict[str, dict[str, Differences]]  # by distiller, then by group of `GROUPS`: from all images
    beside_random: dict[
        str, dict[str, JointEstimate]
    ]  # by distiller but random, then by group: from random, at equal rows

    def fewest(self, found: Differences) -> int | None:
        """Return the fewest rows per class of which no relevant loss is shown, None if there are none."""
        return fewest_rows(self.rows, found.losses(self.margin))

    def finding(self) -> Finding:
        """Return words and tables."""
        title = "How few rows per class train a head as well as all images"
        tables = {"distil": _table(self), "distil_beside_random": _random_table(self)}
        return Finding("distil", title, QUESTION, tuple(_sentences(self)), _how(self), tables)


def fewest_rows(rows: Sequence[int], losses: Sequence[str]) -> int | None:
    """Return the fewest rows, going down from the most until a relevant loss is not excluded.

    Testing in that fixed sequence needs no correction.

    >>> fewest_rows((1, 5, 20), ["loss", "no relevant loss", "no relevant loss"])
    5
    >>> fewest_rows((1, 5, 20), ["no relevant loss", "no relevant loss", "open"]) is None
    True
    """
    fewest = None
    for number, loss in zip(reversed(rows), reversed(losses), strict=True):
        if loss != "no relevant loss":
            break
        fewest = number
    return fewest


def investigate_distil(
    material: Material,
    classes: Sequence[str],
    training: Training,
    *,
    metric: str = "average_precision",
    margin: float | None = None,
    rows: Sequence[int] = ROWS,
    names: Sequence[str] = (),
) -> DistilAnswer:
    """Train on few rows per class, made or chosen, and compare with all images.

    Args:
        classes: those that are distilled; none for all.
        margin: smaller losses make no difference in practice; by default the metric's.
        rows: a class.
        names: of distillers; none for all of them. `random` is always among them.

    Raises:
        InputError: an unknown class, no row, or labels that are not known.
    """
    rows = sorted(set(rows))
    if rows[0] < 1:
        raise InputError(f"rows per class are {rows[0]}; expected 1 or more")
    if material.images.labels.known is not None:
        raise InputError("distil takes collections whose labels are all known; leave --uncertain and --blank out")
    chosen = np.zeros(len(material.classes), dtype=bool)
    chosen[[material.place(name) for name in classes] or slice(None)] = True
    distilled = tuple(dict.fromkeys((RANDOM, *(names or distillers()))))
    results = collect(
        material, list(_trials(material, chosen, distilled, rows, training.progress)), training, metric=metric
    )
    masks, groups, beside = group_masks(material), {}, {}
    for name in distilled:
        cases = [Few(name, number) for number in rows]
        found = compare_cases(results, cases, ALL_IMAGES, masks, metric=metric)
        groups[name] = dict(zip(GROUPS, found, strict=True))
        if name != RANDOM:
            beside[name] = _beside_random(material, results, name, rows, metric)
    return DistilAnswer(
        metric,
        default_margin(metric) if margin is None else margin,
        len(material.splits),
        float(np.mean([len(split.train) for split in material.splits.values()])),
        tuple(name for name, is_chosen in zip(material.classes, chosen, strict=True) if is_chosen),
        bool(chosen.all()),
        tuple(rows),
        groups,
        beside,
    )


def _trials(
    material: Material, chosen: np.ndarray, distilled: Sequence[str], rows: Sequence[int], progress: Progress
) -> Iterator[Trial[Few]]:
    for done, (seed, split) in enumerate(material.splits.items()):
        progress("distil", done, len(material.splits))
        yield Trial(ALL_IMAGES, seed, TrainingPlan((Stage(np.arange(len(split.train))),)))
        part = TrainingPart(material.embeddings, material.images.labels.matrix, split.train, chosen, seed=seed)
        for name in distilled:
            for number, plan in zip(rows, part.plans(name, rows), strict=True):
                yield Trial(Few(name, number), seed, plan)


def _beside_random(
    material: Material, results: Results[Few], name: str, rows: Sequence[int], metric: str
) -> dict[str, JointEstimate]:
    """Return the differences from random at the same number of rows, for each group of classes."""
    sign = -1 if lower_is_better(metric) else 1
    weights = sign * np.column_stack([np.eye(len(rows)), -np.eye(len(rows))])
    cases = [results[Few(of, number)] for of in (name, RANDOM) for number in rows]
    samples = joint_of_groups(cases, group_masks(material))
    return {group: estimate_contrasts_jointly(sample, weights) for group, sample in zip(GROUPS, samples, strict=True)}


def _sentences(answer: DistilAnswer) -> Iterator[str]:
    title = metric_title(answer.metric)
    for group in (LOW_FREQUENCY, REMAINING):
        for name, groups in answer.groups.items():
            yield f"{name}, {group} classes: {_describe_fewest(answer, groups[group], title)}."
        for name, found in answer.beside_random.items():
            yield f"{name} less random, {group} classes: {_random_words(answer, found[group])}."


def _describe_fewest(answer: DistilAnswer, found: Differences, title: str) -> str:
    fewest = answer.fewest(found)
    place = answer.rows.index(fewest) if fewest is not None else -1
    low, high = (float(end[place]) for end in found.together.band())
    interval = f"difference {found.mean[place]:+.3f}, 95% simultaneous interval {low:+.3f} to {high:+.3f}"
    if fewest is not None:
        return (
            f"{fewest} row(s) a class reach the {title} of all {answer.images:,.0f} training images, "
            f"{found.reference:.3f}, up to the margin of {answer.margin:g} ({interval})"
        )
    return (
        f"with {answer.rows[-1]} rows per class it is not shown that the {title} of all {answer.images:,.0f} training "
        f"images, {found.reference:.3f}, is reached up to the margin of {answer.margin:g} ({interval})"
    )


def _random_words(answer: DistilAnswer, found: JointEstimate) -> str:
    low, high = found.band()
    shown = [
        f"{number}: {found.estimate.mean[i]:+.3f} ({low[i]:+.3f} to {high[i]:+.3f})"
        for i, number in enumerate(answer.rows)
        if low[i] > 0 or high[i] < 0
    ]
    return f"a difference is shown with rows per class of {'; '.join(shown)}" if shown else "no difference is shown"


def _how(answer: DistilAnswer) -> tuple[str, ...]:
    which = "every class" if answer.every else ", ".join(answer.classes)
    return (
        f"Under {answer.seeds} seeds the training images of {which} are replaced by few rows per class, and heads are "
        "scored on the real test part. An epoch has as many updates as with all images. The few rows are as many of "
        "each class, all images are not: on rare classes few rows can do better than all.",
        f"Chosen as they are: {', '.join(SELECTED)}. Made, from images drawn at random that are moved in embedding "
        "space: means, to the class's mean; mmd, to the least maximum mean discrepancy; gradients, to the gradients "
        "that linear heads on the way of their training get from all images of the class.",
        "A made row keeps the labels of the image that it started from, and only the training part is used.",
        "Intervals hold for all numbers of rows of a distiller and group at once (95%). The number is lowered until a "
        "relevant loss is no longer excluded.",
    )


def _table(answer: DistilAnswer) -> pd.DataFrame:
    frames = []
    for name, groups in answer.groups.items():
        for group, found in groups.items():
            low, high = found.together.band()
            frames.append(
                pd.DataFrame(
                    {
                        "distiller": name,
                        "group": group,
                        "rows_a_class": answer.rows,
                        "metric": answer.metric,
                        "all_images": found.reference,
                        "value": found.levels,
                        "difference": found.mean,
                        "simultaneous_low": low,
                        "simultaneous_high": high,
                        "verdict": found.losses(answer.margin),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def _random_table(answer: DistilAnswer) -> pd.DataFrame:
    columns = ["distiller", "group", "rows_a_class", "difference", "simultaneous_low", "simultaneous_high"]
    frames = [pd.DataFrame(columns=columns)] * (not answer.beside_random)
    for name, groups in answer.beside_random.items():
        for group, found in groups.items():
            low, high = found.band()
            values = (name, group, answer.rows, found.estimate.mean, low, high)
            frames.append(pd.DataFrame(dict(zip(columns, values, strict=True))))
    return pd.concat(frames, ignore_index=True)
