"""Simulated studies whose truth is known, to measure what the verdicts are worth; `benchmarks.evidence` does.

A study draws a finite collection from a population, splits it anew for every seed, and scores each test part with the
heads of a baseline and of its methods. The logit of image i for class c under method m and seed s is

    z = (a_c + head_cs + own_cms + effect_cm + taste_cim) y_ic + g_ic + shared_cis + noise_cims

`a` is how well the class is told apart; `g` how odd the image is, whoever scores it; `shared` what initialisation and row
order do to the image in baseline and method alike; `noise` what they do to each alone; `head` and `own` the same for the
whole class; `effect` the remedy's; `taste` (mean 0) how much more or less it does for this image, the same in
every seed. `taste` makes test parts that share images vary together, as real remedies do.
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
    taste: float = 0.0
    oddness: float = 1.0  # standard deviation of g
    shared: float = 0.3
    noise: float = 0.3
    head: Float[np.ndarray, " C"] | float = 0.1
    own: Float[np.ndarray, " C"] | float = 0.1


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
    odd = rng.normal(0, population.oddness, (n, c))
    taste = rng.normal(0, population.taste, (population.methods, n, c)) if population.taste else None
    effect = np.broadcast_to(population.effect, (population.methods, c))
    tested = round(population.test_share * n)
    rows = np.stack([rng.permutation(n)[:tested] for _ in range(population.seeds)])
    if population.given_split:
        rows[:] = rows[0]
    separation = np.resize(population.separation, c)
    logits = np.empty((population.seeds, population.methods + 1, tested, c), np.float32)
    for s, test in enumerate(rows):
        common = separation + rng.normal(0, population.head, c)
        image = odd[test] + rng.normal(0, population.shared, (tested, c))
        for m in range(population.methods + 1):
            gain = common + rng.normal(0, population.own, c)
            if m:
                gain = gain + effect[m - 1] + (0 if taste is None else taste[m - 1][test])
            logits[s, m] = gain * labels[test] + image + population.noise * rng.standard_normal((tested, c))
    return SimulatedStudy(labels, rows, logits)
