"""Studies drawn from the population: collections, splits, heads, and the differences of methods."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.power.population import Collection, Population
from benchmarks.power.ridge import METHODS, Scores, null_scores, ridge_scores
from benchmarks.power.splits import Design, Parts, splits
from benchmarks.power.trained import engine_scores
from tailprobe.comparison.contrasts import Contrasts, TestResult, contrasts
from tailprobe.comparison.grouping import Grouping, group_classes

Arms = Literal["ridge", "null", "engine"]
_SCORES: Mapping[Arms, Callable[..., list[Scores]]] = {
    "ridge": ridge_scores,
    "null": null_scores,
    "engine": engine_scores,
}


class Key(NamedTuple):
    """Studies that are reported together."""

    design: Design
    seeds: int
    metric: str = "average_precision"

    def __str__(self) -> str:
        return f"{self.metric}, {self.design} splits, {self.seeds} seeds"


@dataclass(frozen=True)
class Plan:
    """Which studies to draw of each collection."""

    images: int = 2000
    seeds: tuple[int, ...] = (5, 10, 20)
    designs: tuple[Design, ...] = ("independent", "rotated")
    arms: Arms = "ridge"
    metrics: tuple[str, ...] = ("average_precision",)  # those of decisions at a threshold of 0.5 on what heads give
    fixed_counts: bool = True  # every collection has the same images of each class
    scenes: bool = False  # three sibling tiles a scene
    grouped: bool = True  # where there are scenes: whole scenes in one part, and influences summed by scene

    @property
    def keys(self) -> list[Key]:
        """Every design with every number of seeds and every metric."""
        return [Key(*each) for each in product(self.designs, self.seeds, self.metrics)]


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
        for key in plan.keys:
            if key.design == design:
                measured = _measure(key.metric, collection, parts[: key.seeds], scores)
                studies[key] = contrasts(
                    measured[1:],
                    measured[:1] * len(METHODS),
                    encoder=plan.arms,
                    methods=METHODS,
                    grouping=class_grouping(population),
                    images=len(collection.classes),
                )
    return studies


def _collection(population: Population, plan: Plan, rng: np.random.Generator) -> Collection:
    tiles = 3 if plan.scenes else 1
    counts = population.counts(plan.images // tiles, None if plan.fixed_counts else rng)
    return population.draw_scenes(counts, rng, tiles=tiles) if plan.scenes else population.draw(counts, rng)


def _measure(
    metric: str, collection: Collection, parts: Sequence[Parts], scores: Sequence[Scores]
) -> list[list[TestResult]]:
    """Measure every arm under every seed: the baseline, then each method."""
    labels = collection.labels.matrix
    thresholds = np.full(labels.shape[1], 0.5)
    return [
        [
            TestResult.measure(metric, part.test, labels[part.test], of_seed[arm], thresholds)
            for part, of_seed in zip(parts, scores, strict=False)
        ]
        for arm in range(len(METHODS) + 1)
    ]
