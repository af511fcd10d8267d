"""What a method makes of a set in the plane: the rows of an epoch, and the probabilities of its head."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from toy import Toy, text_of_classes

from tailprobe.frequency import low_frequency_classes
from tailprobe.learners.head import Head
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import BoundMethod
from tailprobe.randomness import generator
from tailprobe.scores.link import probabilities
from tailprobe.training.engine import train
from tailprobe.training.task import HeadKey, HeadTask

RECIPE = Recipe(epochs=40, learning_rate=0.01, batch_size=16, width=32, select="last")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of an epoch: training rows and synthetic ones."""

    points: Float[np.ndarray, "R 2"]
    labels: Bool[np.ndarray, "R C"]
    draws: Float[np.ndarray, " R"]  # how often an epoch draws the row, on average; 0 where it is left out
    weights: Float[np.ndarray, " R"]  # mean weight of the row's positive loss terms
    synthetic: Bool[np.ndarray, " R"]

    @property
    def influence(self) -> Float[np.ndarray, " R"]:
        """Draws times weight: 1 for every row of the baseline."""
        return self.draws * self.weights


@dataclass(frozen=True, eq=False)
class Fitted:
    """A method on a set: its rows, and its probabilities at the points of a grid."""

    rows: Rows
    probabilities: Float[np.ndarray, "G C"]


def fit_all(methods: list[BoundMethod], toy: Toy, grid: Float[np.ndarray, "G 2"]) -> Mapping[BoundMethod, Fitted]:
    """Train each method on a set, with one seed.

    Raises:
        InputError: a method's arguments do not fit the set.
    """
    learners = {method: method.learner(_training_set(method, toy)) for method in methods}
    tasks = [
        HeadTask(HeadKey("plane", str(method), 0), learner, RECIPE, toy.train, toy.validation)
        for method, learner in learners.items()
    ]
    heads = train({"plane": toy.embeddings}, toy.labels, tasks)
    return {
        method: Fitted(_rows(learner, toy), _at(heads[task.key].head, grid))
        for (method, learner), task in zip(learners.items(), tasks, strict=True)
    }


def _at(head: Head, grid: Float[np.ndarray, "G 2"]) -> Float[np.ndarray, "G C"]:
    return probabilities(head.logits(grid), head.link)


def _training_set(method: BoundMethod, toy: Toy) -> TrainingSet:
    low = low_frequency_classes(toy.labels, "percentile(25)")
    points = toy.points[toy.train] if method.needs else None
    rng = generator(0, "plan", str(method))
    return TrainingSet(toy.labels.rows(toy.train), low, rng, points, text_of_classes(), (1, 1))


def _rows(learner: Learner, toy: Toy) -> Rows:
    """Return the rows of the last stage; of an ensemble those of its first member, of a direct fit every row once."""
    plan = learner.members[0] if isinstance(learner, Ensemble) else learner
    points, labels = toy.points[toy.train], toy.labels.matrix[toy.train]
    if not isinstance(plan, TrainingPlan):
        ones = np.ones(len(points))
        return Rows(points, labels, ones, ones, np.zeros(len(points), dtype=bool))
    made = 0 if plan.synthetic is None else len(plan.synthetic.labels)
    if plan.synthetic is not None:
        points = np.concatenate([points, plan.synthetic.vectors])
        labels = np.concatenate([labels, plan.synthetic.labels])
    stage = plan.stages[-1]
    every = np.arange(len(points))
    draws = np.bincount(stage.rows, minlength=len(points)) * (stage.rows_per_epoch / len(stage.rows))
    return Rows(
        points, labels, draws, _own_weight(stage.term_weights(labels, every), labels), every >= len(every) - made
    )


def _own_weight(weights: Float[np.ndarray, "R C"], labels: Bool[np.ndarray, "R C"]) -> Float[np.ndarray, " R"]:
    """Return the mean weight of the terms of the classes that a row carries."""
    return (weights * labels).sum(axis=1) / np.maximum(labels.sum(axis=1), 1)


def carried(labels: Bool[np.ndarray, "R C"]) -> Int[np.ndarray, " R"]:
    """Return the rarest class of each row, by which it is coloured; classes are ordered from frequent to rare."""
    return labels.shape[1] - 1 - labels[:, ::-1].argmax(axis=1)
