"""What new labels brought: two runs compared on the images and labels that both have.

The runs' own numbers cannot be compared: the new images are part of the later test parts, chosen because they were
likely or hard, and change how frequent a class is. So both are measured on the images of the earlier run with the
labels of the later one, each image scored by heads that were not trained on it. The k-th scores of every image, one
seed after the other, make the k-th repetition: of rotated splits a whole rotation of five seeds. Repetitions take the
place of seeds in the comparison (`comparison.contrasts`): what varies between them, and what the images make of the
difference.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64, Int

from tailprobe.comparison.contrasts import TestResult, contrasts, estimate_differences
from tailprobe.comparison.description import signed
from tailprobe.comparison.grouping import Grouping, group_classes
from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.runs.run import Run
from tailprobe.scores.head_scores import read_head_scores
from tailprobe.scores.metric import lower_is_better, metric_title
from tailprobe.use.choice import BASELINE, choose

LEVEL = 0.05  # of the one question


@dataclass(frozen=True)
class Brought:
    """The difference of the later run from the earlier one on the classes that were low-frequency in the earlier."""

    encoder: str
    method: str
    metric: str
    images: int  # that both runs test
    repetitions: int
    added: dict[str, int]  # by low-frequency class: images that carry it, later less earlier
    difference: float
    low: float  # of the 95% interval
    high: float
    detectable: float  # minimum detectable effect
    classes: pd.DataFrame  # class_name, difference, low, high, minimum_detectable_effect of the low-frequency classes

    @property
    def text(self) -> str:
        """The answer in words."""
        labelled = ", ".join(f"{number:+,} {name}" for name, number in self.added.items())
        change = f"changed {metric_title(self.metric)} of the low-frequency classes by {signed(self.difference)}"
        on = f"{self.method}, {self.images:,} images that both runs test"
        if math.isnan(self.low):
            return f"The new labels ({labelled}) {change} ({on}). How certain that is cannot be said."
        interval = f"95% interval {signed(self.low)} to {signed(self.high)}"
        detectable = f"minimum detectable effect {self.detectable:.3f}"
        return f"The new labels ({labelled}) {change} ({interval}; {detectable}; {on}). {self._judged()}"

    def _judged(self) -> str:
        if self.low <= 0 <= self.high:
            return "That may be chance: a true difference below the minimum detectable effect would often be missed."
        helps = (self.difference < 0) == lower_is_better(self.metric)
        return "They help." if helps else "They harm: look again at what was labelled last."


def brought(before: Run, after: Run) -> Brought:
    """Compare two runs; see the module.

    The method is the one that the later run recommends where the earlier one has it, else the baseline.

    Raises:
        InputError: the runs have no encoder, no image or not the same classes in common, or their metrics differ.
    """
    _check(before, after)
    choice = choose(after)
    encoder = choice.encoder
    if encoder not in before.encoders:
        raise InputError(f"the earlier run has no encoder {encoder}; it has {', '.join(before.encoders)}")
    method = choice.method if choice.method in before.methods else BASELINE
    early, late = _common_rows(before, after)
    scores = [_repetitions(run, encoder, method, rows) for run, rows in ((before, early), (after, late))]
    if not scores[0] or not scores[1]:
        raise InputError("a run has no test scores; compare again")
    tested = ~np.isnan(scores[0][0]).any(axis=1) & ~np.isnan(scores[1][0]).any(axis=1)
    count = min(len(scores[0]), len(scores[1]))
    labels = after.labels.rows(late[tested])
    low = before.classes["low_frequency"].to_numpy(bool)
    grouping = group_classes(labels.classes, counts=labels.counts, low_frequency=low)
    results = [
        [_measured(after.study.metric, labels.matrix, labels.known, of_run[k][tested]) for k in range(count)]
        for of_run in scores
    ]
    added = after.labels.counts - before.labels.counts
    new = {name: int(added[c]) for c, name in enumerate(labels.classes) if low[c]}
    return _answer(results, grouping, encoder=encoder, method=method, metric=after.study.metric, added=new, low=low)


def _check(before: Run, after: Run) -> None:
    if before.labels.classes != after.labels.classes:
        differ = sorted(set(before.labels.classes) ^ set(after.labels.classes))
        raise InputError(f"the runs differ in classes ({', '.join(differ) or 'their order'}); compare the same ones")
    if before.study.metric != after.study.metric:
        raise InputError(f"the runs differ in --metric: {before.study.metric} and {after.study.metric}; give the same")
    if "@" in after.study.metric:
        raise InputError(
            f"{after.study.metric} needs a threshold of each head, and scores of several are pooled here; compare with "
            "--metric average_precision"
        )


def _common_rows(before: Run, after: Run) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    names = [list(map(str, run.folder.read_table("labels")["name"])) for run in (before, after)]
    place = {name: row for row, name in enumerate(names[1])}
    pairs = [(row, place[name]) for row, name in enumerate(names[0]) if name in place]
    if not pairs:
        raise InputError("the runs have no image in common, by their names; compare the same images with more labels")
    early, late = zip(*pairs, strict=True)
    return np.array(early, dtype=np.int64), np.array(late, dtype=np.int64)


def _repetitions(run: Run, encoder: str, method: str, rows: Int[np.ndarray, " N"]) -> list[Float64[np.ndarray, "N C"]]:
    """Return the k-th held-out probabilities of the images, as often as all have them that were tested at all."""
    shape = (len(run.labels), len(run.labels.classes))
    turn = np.zeros(len(run.labels), dtype=np.int64)
    found: list[Float64[np.ndarray, "N C"]] = []
    for seed in sorted(int(seed) for seed in run.results["seed"].unique()):
        scores = read_head_scores(run.scores, encoder=encoder, method=method, seed=seed, part="test")
        values = scores.probabilities()
        for k in np.unique(turn[scores.rows]):
            while len(found) <= k:
                found.append(np.full(shape, np.nan))
            these = turn[scores.rows] == k
            found[k][scores.rows[these]] = values[these]
        turn[scores.rows] += 1
    least = int(turn[rows][turn[rows] > 0].min(initial=len(found)))
    return [values[rows] for values in found[: max(least, 1)]]


def _measured(
    metric: str,
    labels: Bool[np.ndarray, "N C"],
    known: Bool[np.ndarray, "N C"] | None,
    scores: Float[np.ndarray, "N C"],
) -> TestResult:
    return TestResult.measure(metric, np.arange(len(labels)), labels, scores, known=known)


def _answer(
    results: list[list[TestResult]],
    grouping: Grouping,
    *,
    encoder: str,
    method: str,
    metric: str,
    added: dict[str, int],
    low: Bool[np.ndarray, " C"],
) -> Brought:
    earlier, later = results
    images = len(earlier[0].rows)
    measured = contrasts([later], [earlier], encoder=encoder, methods=("new labels",), grouping=grouping, images=images)
    estimate = estimate_differences(measured, grouping)
    ends = estimate.interval(level=1 - LEVEL)
    table = pd.DataFrame(
        {
            "class_name": grouping.names,
            "difference": estimate.mean[0],
            "low": ends[0][0],
            "high": ends[1][0],
            "minimum_detectable_effect": estimate.minimum_detectable_effect(level=LEVEL)[0],
        }
    )
    group = table.iloc[grouping.column(LOW_FREQUENCY)]
    classes = table.iloc[np.flatnonzero(low)].reset_index(drop=True)
    difference, least, most, detectable = (float(value) for value in group.drop("class_name"))
    return Brought(
        encoder, method, metric, images, len(earlier), added, difference, least, most, detectable, classes
    )  # fmt: skip
