"""Studies drawn from the population: collections, splits, heads, and the differences of methods."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from benchmarks.power.population import Collection, Population
from benchmarks.power.ridge import METHODS, Scores, null_scores, ridge_scores, view_scores
from benchmarks.power.splits import Design, Parts, splits
from benchmarks.power.trained import engine_scores
from tailprobe.comparison.contrasts import Contrasts, TestResult, contrasts
from tailprobe.comparison.grouping import Grouping, group_classes
from tailprobe.scores.rules import tune_thresholds

Arms = Literal["ridge", "null", "engine", "views"]
Results = Sequence[Sequence[TestResult]]
METHODS_COMPARED = "methods"
FIRST, SECOND, ENCODERS_COMPARED = "first encoder", "second encoder", "encoders"
_SCORES: Mapping[Arms, Callable[..., list[Scores]]] = {
    "ridge": ridge_scores,
    "null": null_scores,
    "engine": engine_scores,
    "views": view_scores,
}


class Key(NamedTuple):
    """Studies that are reported together."""

    design: Design
    seeds: int
    metric: str = "average_precision"
    what: str = METHODS_COMPARED

    def __str__(self) -> str:
        what = "" if self.what == METHODS_COMPARED else f", {self.what}"
        return f"{self.metric}, {self.design} splits, {self.seeds} seeds{what}"


@dataclass(frozen=True)
class Plan:
    """Which studies to draw of each collection."""

    images: int = 2000
    seeds: tuple[int, ...] = (5, 10, 20)
    designs: tuple[Design, ...] = ("independent", "rotated")
    arms: Arms = "ridge"
    metrics: tuple[str, ...] = ("average_precision",)  # those of decisions at 0.5, or at tuned thresholds
    fixed_counts: bool = True  # every collection has the same images of each class
    scenes: bool = False  # three sibling tiles a scene
    grouped: bool = True  # where there are scenes: whole scenes in one part, and influences summed by scene
    multi_label: bool = False  # two tiles an image

    @property
    def keys(self) -> list[Key]:
        """Every design with every number of seeds and every metric."""
        what = (FIRST, SECOND, ENCODERS_COMPARED) if self.arms == "views" else (METHODS_COMPARED,)
        return [Key(*each) for each in product(self.designs, self.seeds, self.metrics, what)]


def class_grouping(population: Population) -> Grouping:
    """Return the classes in the order of their frequency, and their groups."""
    classes = len(population.low_frequency)
    names = tuple(f"{place:02d}" for place in range(classes))
    return group_classes(names, counts=np.arange(classes, 0, -1), low_frequency=population.low_frequency)


def draw_studies(population: Population, plan: Plan, number: int) -> dict[Key, Contrasts]:
    """Draw the collection of a number and run the studies of every design and number of seeds on it."""
    collection = _collection(population, plan, np.random.default_rng((2026, number)))
    studies: dict[Key, Contrasts] = {}
    for place, design in enumerate(plan.designs):
        rng = np.random.default_rng((2026, number, place))
        parts = list(splits(collection, max(plan.seeds), design, rng, grouped=plan.grouped))
        scores = _SCORES[plan.arms](collection, parts, population.low_frequency, rng)
        for seeds, metric in product(plan.seeds, plan.metrics):
            measured = _measure(metric, collection, parts[:seeds], scores, grouped=plan.grouped)
            for what, (arms, baselines, names) in _compared(measured).items():
                studies[Key(design, seeds, metric, what)] = contrasts(
                    arms,
                    baselines,
                    encoder=what,
                    methods=names,
                    grouping=class_grouping(population),
                    images=len(collection.classes),
                )
    return studies


def _compared(measured: list[list[TestResult]]) -> dict[str, tuple[Results, Results, tuple[str, ...]]]:
    """Return by what is compared its arms, what each is compared with, and their names."""
    arms = len(METHODS) + 1
    first, second = measured[:arms], measured[arms:]
    if not second:
        return {METHODS_COMPARED: (first[1:], first[:1] * len(METHODS), METHODS)}
    return {
        FIRST: (first[1:], first[:1] * len(METHODS), METHODS),
        SECOND: (second[1:], second[:1] * len(METHODS), METHODS),
        ENCODERS_COMPARED: (second, first, ("baseline", *METHODS)),
    }


def _collection(population: Population, plan: Plan, rng: np.random.Generator) -> Collection:
    tiles = 3 if plan.scenes else 1
    counts = population.counts(plan.images // tiles, None if plan.fixed_counts else rng)
    if plan.multi_label:
        return population.draw_pairs(counts, rng)
    return population.draw_scenes(counts, rng, tiles=tiles) if plan.scenes else population.draw(counts, rng)


def _measure(
    metric: str, collection: Collection, parts: Sequence[Parts], scores: Sequence[Scores], *, grouped: bool
) -> list[list[TestResult]]:
    """Measure every arm under every seed: the baseline, then each method."""
    groups = collection.groups if grouped else None
    return [
        [
            _result(metric, collection.labels.matrix, groups, part, of_seed.test[arm], of_seed.validation[arm])
            for part, of_seed in zip(parts, scores, strict=False)
        ]
        for arm in range(len(scores[0].test))
    ]


def _result(
    metric: str,
    labels: Bool[np.ndarray, "N C"],
    groups: Int[np.ndarray, " N"] | None,
    part: Parts,
    test: Float[np.ndarray, "T C"],
    validation: Float[np.ndarray, "V C"],
) -> TestResult:
    thresholds = np.full(labels.shape[1], 0.5)
    if metric.endswith("@tuned"):
        thresholds = tune_thresholds(("tuned",), labels[part.validation], validation)["tuned"]
    of_rows = None if groups is None else groups[part.test]
    return TestResult.measure(metric, part.test, labels[part.test], test, thresholds, of_rows)
