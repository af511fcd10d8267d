"""Simulated studies, on which `benchmarks.evidence` measures error rate, coverage and power.

`draw_study` draws scores from a model whose parts are known; `draw_trained_study` trains heads on drawn embeddings, so
that training parts overlap as they do in life.

`draw_study` draws a finite collection from a population, splits it anew for every seed, and scores each test part with
the heads of a baseline and of its methods. The logit of image i for class c under method m and seed s is

    z = (a_c + head_cs + method_head_cms + effect_cm + image_effect_cim) y_ic + g_ic + shared_cis + noise_cims

`a` is how well the class is separated; `g` how difficult the image is, whoever scores it; `shared` what initialisation
and row order do to the image in baseline and method alike; `noise` what they do to each alone; `head` and `method_head`
the same for the whole class; `effect` the method's; `image_effect` (mean 0) how much more or less it does for this
image, the same in every seed. `image_effect` makes test parts that share images vary together, as real methods do.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True)
class Population:
    """What studies are drawn from."""

    images: int = 2000  # N of a collection
    prevalence: tuple[float, ...] = (0.4, 0.2, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.01)
    separation: tuple[float, ...] = (2.0, 1.5)  # a, in turn over the classes
    methods: int = 4
    seeds: int = 10
    test_share: float = 0.2
    given_split: bool = False  # every seed has the same test part
    effect: Float[np.ndarray, "M C"] | float = 0.0
    image_effect_sd: float = 0.0
    image_difficulty_sd: float = 1.0  # of g
    shared_sd: float = 0.3
    noise_sd: float = 0.3
    head_sd: Float[np.ndarray, " C"] | float = 0.1
    method_head_sd: Float[np.ndarray, " C"] | float = 0.1


@dataclass(frozen=True, eq=False)
class SimulatedStudy:
    """One drawn study."""

    labels: Bool[np.ndarray, "N C"]
    rows: Int[np.ndarray, "S T"]  # each seed's test part
    logits: Float[np.ndarray, "S M1 T C"] = field(repr=False)  # method 0 is the baseline


def draw_study(population: Population, rng: np.random.Generator) -> SimulatedStudy:
    """Draw a collection, its splits and the logits of every head."""
    n, c = population.images, len(population.prevalence)
    labels = rng.random((n, c)) < np.asarray(population.prevalence)
    difficulty = rng.normal(0, population.image_difficulty_sd, (n, c))
    image_effect = (
        rng.normal(0, population.image_effect_sd, (population.methods, n, c)) if population.image_effect_sd else None
    )
    effect = np.broadcast_to(population.effect, (population.methods, c))
    n_test = round(population.test_share * n)
    rows = np.stack([rng.permutation(n)[:n_test] for _ in range(population.seeds)])
    if population.given_split:
        rows[:] = rows[0]
    separation = np.resize(population.separation, c)
    logits = np.empty((population.seeds, population.methods + 1, n_test, c), np.float32)
    for s, test in enumerate(rows):
        common = separation + rng.normal(0, population.head_sd, c)
        image = difficulty[test] + rng.normal(0, population.shared_sd, (n_test, c))
        for m in range(population.methods + 1):
            gain = common + rng.normal(0, population.method_head_sd, c)
            if m:
                gain = gain + effect[m - 1] + (0 if image_effect is None else image_effect[m - 1][test])
            logits[s, m] = gain * labels[test] + image + population.noise_sd * rng.standard_normal((n_test, c))
    return SimulatedStudy(labels, rows, logits)


@dataclass(frozen=True)
class TrainedPopulation:
    """Embeddings whose classes are directions, tags of long-tailed frequency, and heads that are trained on them."""

    images: int = 1500
    prevalence: tuple[float, ...] = (0.4, 0.25, 0.15, 0.1, 0.07, 0.05, 0.04, 0.03)
    width: int = 24
    distance: float = 1.6  # how far a class moves its images
    methods: int = 2
    seeds: int = 10
    reweighting: float = 0.0  # 0: as the baseline; 1: positives weigh as much as negatives together
    penalty: float = 3.0


def draw_trained_study(population: TrainedPopulation, rng: np.random.Generator) -> SimulatedStudy:
    """Draw a collection and train heads on it: ridge regression on a bootstrap sample of each seed's training part.

    The sample, which stands for initialisation and row order, is each method's own; so with `reweighting` 0 a method
    differs from the baseline in nothing but chance.
    """
    n, c = population.images, len(population.prevalence)
    # The same directions in every collection: they belong to the population.
    fixed = np.random.default_rng(0)
    direction = fixed.normal(size=(c, population.width)) * population.distance / np.sqrt(population.width)
    scale = fixed.uniform(0.5, 1.5, (c, population.width))
    labels = rng.random((n, c)) < np.asarray(population.prevalence)
    spread = np.exp(labels @ np.log(scale) / 2)  # a class also changes how its images vary
    x = labels @ direction + spread * rng.standard_normal((n, population.width))
    x = np.column_stack([x, np.ones(n)])
    n_test, n_train = round(0.2 * n), round(0.6 * n)
    order = [rng.permutation(n) for _ in range(population.seeds)]
    logits = np.empty((population.seeds, population.methods + 1, n_test, c), np.float32)
    for s, places in enumerate(order):
        for m in range(population.methods + 1):
            sample = rng.choice(places[:n_train], n_train)
            weights = _ridge(x[sample], labels[sample], population.reweighting if m else 0.0, population.penalty)
            logits[s, m] = x[places[-n_test:]] @ weights
    return SimulatedStudy(labels, np.stack([places[-n_test:] for places in order]), logits)


def _ridge(
    x: Float[np.ndarray, "B D"], labels: Bool[np.ndarray, "B C"], reweighting: float, penalty: float
) -> Float[np.ndarray, "D C"]:
    positives = np.maximum(labels.sum(axis=0), 1)
    factor = ((len(x) - positives) / positives) ** reweighting
    columns = []
    for label, times in zip(labels.T, factor, strict=True):
        weighted = x * np.where(label, times, 1.0)[:, None]
        square = weighted.T @ x + penalty * np.eye(x.shape[1])
        columns.append(np.linalg.solve(square, weighted.T @ label))
    return np.stack(columns, axis=1)
