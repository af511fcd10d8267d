"""Studies drawn from the population: collections, splits, heads, and the differences of methods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.power.population import Collection, Population
from benchmarks.power.ridge import METHODS, Scores, null_scores, ridge_scores
from benchmarks.power.splits import Design, splits
from benchmarks.power.trained import engine_scores
from tailprobe.comparison.contrasts import Contrasts, TestResult, contrasts
from tailprobe.comparison.grouping import Grouping, group_classes

Arms = Literal["ridge", "null", "engine"]
Key = tuple[Design, int]  # a design and how many seeds
_SCORES: Mapping[Arms, Callable[..., list[Scores]]] = {
    "ridge": ridge_scores,
    "null": null_scores,
    "engine": engine_scores,
}


@dataclass(frozen=True)
class Plan:
    """Which studies to draw of each collection."""

    images: int = 2000
    seeds: tuple[int, ...] = (5, 10, 20)
    designs: tuple[Design, ...] = ("independent", "rotated")
    arms: Arms = "ridge"
    fixed_counts: bool = True  # every collection has the same images of each class
    scenes: bool = False  # three sibling tiles a scene
    grouped: bool = True  # where there are scenes: whole scenes in one part, and influences summed by scene

    @property
    def keys(self) -> list[Key]:
        """Every design with every number of seeds."""
        return [(design, seeds) for design in self.designs for seeds in self.seeds]


def class_grouping(population: Population) -> Grouping:
    """Return the classes in the order of their frequency, and their groups."""
    classes = len(population.low_frequency)
    names = tuple(f"{place:02d}" for place in range(classes))
    return group_classes(names, counts=np.arange(classes, 0, -1), low_frequency=population.low_frequency)


def draw_studies(population: Population, plan: Plan, number: int) -> dict[Key, Contrasts]:
    """Draw the collection of a number and run the studies of every design and number of seeds on it."""
    collection = _collection(population, plan, np.random.default_rng((2026, number)))
    grouping = class_grouping(population)
    studies: dict[Key, Contrasts] = {}
    for place, design in enumerate(plan.designs):
        rng = np.random.default_rng((2026, number, place))
        results = _results(population, plan, collection, design, rng)
        for seeds in plan.seeds:
            studies[design, seeds] = contrasts(
                [[results[s][m] for s in range(seeds)] for m in range(1, len(METHODS) + 1)],
                [[results[s][0] for s in range(seeds)]] * len(METHODS),
                encoder="ridge",
                methods=METHODS,
                grouping=grouping,
                images=len(collection.classes),
            )
    return studies


def _collection(population: Population, plan: Plan, rng: np.random.Generator) -> Collection:
    tiles = 3 if plan.scenes else 1
    counts = population.counts(plan.images // tiles, None if plan.fixed_counts else rng)
    return population.draw_scenes(counts, rng, tiles=tiles) if plan.scenes else population.draw(counts, rng)


def _results(
    population: Population, plan: Plan, collection: Collection, design: Design, rng: np.random.Generator
) -> list[list[TestResult]]:
    """Train and test every arm under every seed; the baseline comes first."""
    labels = collection.labels.matrix
    parts = list(splits(collection, max(plan.seeds), design, rng, grouped=plan.grouped))
    return [
        [TestResult.measure("average_precision", part.test, labels[part.test], arm) for arm in scores]
        for part, scores in zip(
            parts, _SCORES[plan.arms](collection, parts, population.low_frequency, rng), strict=True
        )
    ]
