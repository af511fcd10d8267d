"""Heads that tailprobe's own engine trains on a drawn collection, by its own methods."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from benchmarks.power.population import Collection
from benchmarks.power.ridge import METHODS, Scores
from benchmarks.power.splits import Parts
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.learners.head import Head
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import BoundMethod
from tailprobe.randomness import generator
from tailprobe.scores.link import probabilities
from tailprobe.training.engine import train
from tailprobe.training.task import HeadKey, HeadTask

RECIPE = Recipe(width=32, epochs=25, learning_rate=4e-3, batch_size=64, select="loss", patience=0)
_ENCODER = "embeddings"


def engine_scores(
    collection: Collection, parts: Sequence[Parts], low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator
) -> list[Scores]:
    """Return for each seed the probabilities of the baseline and of `METHODS` on the test part."""
    first = int(rng.integers(2**31))  # so that collections do not share initialisations and orders of rows
    tasks = {
        (seed, str(method)): _task(collection, part, low_frequency, method, first + seed)
        for seed, part in enumerate(parts)
        for method in parse_methods(("baseline", *METHODS))
    }
    names = tuple(map(str, range(len(collection.classes))))
    stored = Embeddings(collection.vectors, names, _ENCODER, fingerprint=str(first))
    heads = train({_ENCODER: stored}, collection.labels, list(tasks.values()), workers=1)
    return [
        Scores.of([_scores(heads[tasks[seed, arm].key], collection.vectors, part) for arm in ("baseline", *METHODS)])
        for seed, part in enumerate(parts)
    ]


def _scores(head: Head, vectors: Float[np.ndarray, "N D"], part: Parts) -> Scores:
    test, validation = (probabilities(head.logits(vectors[rows]))[None] for rows in (part.test, part.validation))
    return Scores(test, validation)


def _task(
    collection: Collection, part: Parts, low_frequency: Bool[np.ndarray, " C"], method: BoundMethod, seed: int
) -> HeadTask:
    rng = generator(seed, "plan", str(method))
    learner = method.learner(TrainingSet(collection.labels.rows(part.train), low_frequency, rng))
    key = HeadKey(_ENCODER, str(method), seed)
    return HeadTask(key, learner, RECIPE, train=part.train, validation=part.validation)
