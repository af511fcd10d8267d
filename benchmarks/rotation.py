"""How much less the mean difference varies when the test folds rotate than when every seed is split on its own.

    python -m benchmarks.rotation EMBEDDINGS.npz [COLLECTIONS [CLASSES]]

CLASSES are names from the most to the least frequent, separated by commas; by default they stand as in the file. The
embeddings are the population. A collection is a long-tailed sample of 2,000 images over all classes, the largest 20
times the smallest; on it two methods and the baseline are trained under 20 seeds of rotated splits and 20 of
independent ones. Heads are ridge regressions on random features of the embeddings, drawn anew by every
seed, on training rows with random weights, which takes milliseconds.

Printed is the variance of the mean difference in average precision over new collections, rotated over independent. With
the variance V between collections, W of one seed within a collection, and B of the mean of a block of five rotated
seeds, the mean of S seeds has

    V + W / S  (independent),    V + B / (S / 5)  (rotated).

V, W and B are estimated over all collections, which takes far fewer of them than two variances of means would.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from tailprobe.datasets.tables.options import TableOptions
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.labels import Labels
from tailprobe.randomness import generator
from tailprobe.scores.metric import Sample, measure, metric_to_compare
from tailprobe.splits import Split, plan_splits

IMAGES, RATIO, SEEDS, BLOCK = 2000, 20, 20, 5
DIRECTIONS, FEATURES, PENALTY = 32, 48, 0.02
WEIGHTS = (3.0, 10.0)  # the methods: how much a training row of a low-frequency class counts


@dataclass(frozen=True, eq=False)
class Population:
    """Vectors, (N, D), and the class of each, (N,), classes from the most to the least frequent in a collection."""

    vectors: Float[np.ndarray, "N D"]
    targets: Int[np.ndarray, " N"]

    @property
    def low(self) -> Int[np.ndarray, " L"]:
        """The low-frequency classes: the rarest third."""
        classes = int(self.targets.max()) + 1
        return np.arange(classes - classes // 3, classes)


def main(path: str, collections: int = 60, classes: str = "") -> None:
    """Measure, and print a table."""
    started = time.perf_counter()
    population = read_population(Path(path), classes.split(",") if classes else None)
    found = [collection_means(population, generator(number, "collection"), number) for number in range(collections)]
    rotated, independent = (np.stack([pair[i] for pair in found]) for i in (0, 1))  # (K, S, methods, columns)
    print(report(rotated, independent))
    print(f"\n{collections} collections, {time.perf_counter() - started:.0f} s")


def read_population(path: Path, classes: Sequence[str] | None) -> Population:
    """Read embeddings, and keep their leading principal directions at a variance of 1 in the mean."""
    embeddings, images = read_embeddings(path, table_options=TableOptions(classes=classes))
    vectors = np.asarray(embeddings.vectors, dtype=np.float64)
    vectors -= vectors.mean(axis=0)
    directions = np.linalg.eigh(vectors.T @ vectors)[1][:, ::-1][:, :DIRECTIONS]
    leading = vectors @ directions
    return Population(leading / leading.std(), images.labels.matrix.argmax(axis=1))


def collection_means(
    population: Population, rng: np.random.Generator, number: int
) -> tuple[Float[np.ndarray, "S M 2"], Float[np.ndarray, "S M 2"]]:
    """Draw a collection and return the differences of every seed, rotated and independent: low-frequency, remaining."""
    rows = draw_collection(population, rng)
    classes = int(population.targets.max()) + 1
    labels = Labels(
        np.eye(classes, dtype=bool)[population.targets[rows]], tuple(map(str, range(classes))), "single-label"
    )
    first = number * SEEDS
    plans = [plan_splits(labels, kind, first=first) for kind in ("rotated", "stratified")]
    rotated, independent = (
        np.stack(
            [differences(population, rows, labels, plan.split(seed), seed) for seed in range(first, first + SEEDS)]
        )
        for plan in plans
    )
    return rotated, independent


def draw_collection(population: Population, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Draw images without replacement, multinomial counts falling geometrically from class to class."""
    classes = int(population.targets.max()) + 1
    share = float(RATIO) ** (-np.arange(classes) / (classes - 1))
    counts = np.maximum(rng.multinomial(IMAGES, share / share.sum()), BLOCK)
    drawn = [rng.choice(np.flatnonzero(population.targets == c), n, replace=False) for c, n in enumerate(counts)]
    return rng.permutation(np.concatenate(drawn))


def differences(
    population: Population, rows: Int[np.ndarray, " n"], labels: Labels, split: Split, seed: int
) -> Float[np.ndarray, "M 2"]:
    """Return what each method changes in mean average precision: of low-frequency and of remaining classes."""
    rng = generator(seed, "head")
    features = random_features(population.vectors[rows], rng)
    bag = (1 + rng.poisson(1, len(split.train))) / 2  # rows weigh .5 or more: half the noise of a bootstrap
    values = {
        weight: average_precision(features, labels, split, bag, weight, population.low) for weight in (1.0, *WEIGHTS)
    }
    others = np.setdiff1d(np.arange(len(labels.classes)), population.low)
    gains = np.stack([values[weight] - values[1.0] for weight in WEIGHTS])  # (M, C)
    return np.stack([gains[:, population.low].mean(axis=1), gains[:, others].mean(axis=1)], axis=1)


def random_features(vectors: Float[np.ndarray, "n D"], rng: np.random.Generator) -> Float[np.ndarray, "n F"]:
    """Return a random layer of rectified units, and the vectors themselves and a constant beside them."""
    weight = rng.normal(size=(vectors.shape[1], FEATURES)) / np.sqrt(vectors.shape[1])
    return np.c_[np.maximum(vectors @ weight + rng.normal(size=FEATURES), 0), vectors, np.ones(len(vectors))]


def average_precision(
    features: Float[np.ndarray, "n F"],
    labels: Labels,
    split: Split,
    bag: Float[np.ndarray, " T"],
    weight: float,
    low: Int[np.ndarray, " L"],
) -> Float[np.ndarray, " C"]:
    """Fit ridge regression with `weight` on the rows of low-frequency classes, and measure it on the test part."""
    x, y = features[split.train], labels.matrix[split.train]
    weighted = x * (bag * np.where(y[:, low].any(axis=1), weight, 1.0))[:, None]
    gram = weighted.T @ x
    gram[np.diag_indices_from(gram)] += PENALTY * np.trace(gram) / len(gram)
    scores = features[split.test] @ np.linalg.solve(gram, weighted.T @ np.where(y, 1.0, -1.0))
    return measure(metric_to_compare("average_precision"), Sample(labels.matrix[split.test], scores)).value


def report(rotated: Float[np.ndarray, "K S M 2"], independent: Float[np.ndarray, "K S M 2"]) -> str:
    """Return a table in Markdown: rotated over independent variance, the mean over the methods."""
    blocks = rotated.reshape(len(rotated), SEEDS // BLOCK, BLOCK, *rotated.shape[2:]).mean(axis=2)
    of_block, of_seed = blocks.var(axis=1, ddof=1).mean(axis=0), independent.var(axis=1, ddof=1).mean(axis=0)
    both = (blocks.mean(axis=1) + independent.mean(axis=1)) / 2
    noise = (of_block / (SEEDS / BLOCK) + of_seed / SEEDS) / 4
    between = np.maximum(both.var(axis=0, ddof=1) - noise, 0)
    lines = ["| seeds | low-frequency classes | remaining classes |", "|---|---|---|"]
    for seeds in (5, 10, 20):
        ratio = (between + of_block * BLOCK / seeds) / (between + of_seed / seeds)
        lines.append(f"| {seeds} | {' | '.join(f'{value:.2f}' for value in ratio.mean(axis=0))} |")
    floor = np.sqrt(between).mean(axis=0)
    lines.append(f"\nStandard deviation that no number of seeds lowers: {floor[0]:.4f} and {floor[1]:.4f}.")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1], *(int(a) for a in sys.argv[2:3]))
