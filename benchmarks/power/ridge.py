"""Ridge regression on random features: heads that train in a millisecond, with the chance and the methods of real ones.

A head is fitted to the images weighted by Poisson counts, instead of row order and initialisation; a method's
weights multiply these. Baseline and methods of a seed share features and most of the chance, as heads that start from
one seed do.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from benchmarks.power.population import Collection
from benchmarks.power.splits import Parts

FEATURES = 48  # random ReLU features beside the first components of the embedding
COMPONENTS = 32
PENALTY = 0.02  # of the mean eigenvalue
FACTORS = (1.5, 2.0, 2.5, 3.0, 5.0, 10.0)
METHODS = (*(f"reweight({factor:g})" for factor in FACTORS), "undersample(low-frequency)", "oversample(largest)")

VIEWS = 2  # encoders that see the same images: every second component of the embedding each


class Scores(NamedTuple):
    """What the baseline, then each method, says under one seed."""

    test: Float[np.ndarray, "M1 T C"]
    validation: Float[np.ndarray, "M1 V C"]

    @classmethod
    def of(cls, arms: Sequence["Scores"]) -> "Scores":
        """Put arms beside each other."""
        return cls(*(np.concatenate(part) for part in zip(*arms, strict=True)))


def ridge_scores(
    collection: Collection, parts: Sequence[Parts], low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator
) -> list[Scores]:
    """Return for each seed the scores of the baseline and of `METHODS` on the test part."""
    return [_method_scores(_Fit(collection, part, len(low_frequency), rng), low_frequency, rng) for part in parts]


def null_scores(
    collection: Collection, parts: Sequence[Parts], low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator
) -> list[Scores]:
    """Return for each seed the scores of the baseline and of as many repetitions of it, each with chance of its own."""
    fits = [[_Fit(collection, part, len(low_frequency), rng) for _ in range(len(METHODS) + 1)] for part in parts]
    return [Scores.of([fit.scores(_bag(len(fit.classes), rng, strength=0.5)) for fit in seed]) for seed in fits]


def view_scores(
    collection: Collection, parts: Sequence[Parts], low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator
) -> list[Scores]:
    """Return for each seed what `ridge_scores` gives under the first encoder, then under the second."""
    views = [replace(collection, vectors=collection.vectors[:, view::VIEWS]) for view in range(VIEWS)]
    by_view = [ridge_scores(view, parts, low_frequency, rng) for view in views]
    return [Scores.of(seed) for seed in zip(*by_view, strict=True)]


def _method_scores(fit: "_Fit", low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator) -> Scores:
    rare = low_frequency[fit.classes]
    rows = len(fit.classes)
    bag = _bag(rows, rng, strength=0.5)
    weights = [bag]
    weights += [bag * _bag(rows, rng, strength=0.2) * np.where(rare, factor, 1) for factor in FACTORS]
    weights += [_undersampled(fit.classes, low_frequency, rng), _oversampled(fit.classes, rng)]
    return Scores.of([fit.scores(weight.astype(np.float32)) for weight in weights])


class _Fit:
    """One draw of random features, of training and test part."""

    def __init__(self, collection: Collection, part: Parts, classes: int, rng: np.random.Generator) -> None:
        vectors = collection.vectors[:, :COMPONENTS]
        directions = rng.standard_normal((vectors.shape[1], FEATURES)).astype(np.float32) / 8
        offsets = rng.standard_normal(FEATURES).astype(np.float32) / 2
        hidden = np.maximum(vectors @ directions + offsets, 0)
        features = np.concatenate([hidden, vectors, np.ones((len(vectors), 1), np.float32)], axis=1)
        self.classes = collection.classes[part.train]
        self._train, self._validation, self._test = (features[rows] for rows in part)
        self._targets = np.eye(classes, dtype=np.float32)[self.classes]

    def scores(self, weights: Float[np.ndarray, " R"]) -> Scores:
        """Fit one arm with a weight for each training image."""
        weighted = (self._train * weights[:, None]).T
        square = weighted @ self._train
        square += PENALTY * np.trace(square) / len(square) * np.eye(len(square), dtype=np.float32)
        solved = np.linalg.solve(square, weighted @ self._targets)
        return Scores((self._test @ solved)[None], (self._validation @ solved)[None])


def _bag(rows: int, rng: np.random.Generator, *, strength: float) -> Float[np.ndarray, " R"]:
    return (strength * rng.poisson(1, rows) + 1 - strength).astype(np.float32)


def _undersampled(
    classes: Int[np.ndarray, " R"], low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator
) -> Float[np.ndarray, " R"]:
    """Keep as many images of a class as the largest low-frequency class has."""
    counts = np.bincount(classes, minlength=len(low_frequency))
    weights = np.zeros(len(classes), np.float32)
    for c in range(len(counts)):
        weights[rng.permutation(np.flatnonzero(classes == c))[: counts[low_frequency].max()]] = 1
    return weights


def _oversampled(classes: Int[np.ndarray, " R"], rng: np.random.Generator) -> Float[np.ndarray, " R"]:
    """Repeat images drawn with replacement until every class has as many as the largest."""
    counts = np.bincount(classes)
    weights = np.ones(len(classes), np.float32)
    for c, count in enumerate(counts):
        if count:
            np.add.at(weights, rng.choice(np.flatnonzero(classes == c), counts.max() - count), 1)
    return weights
