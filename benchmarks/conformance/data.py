"""Small long-tailed training sets, the learners that methods make of them, and heads fitted on them."""

import numpy as np

from tailprobe.labels import Kind, Labels
from tailprobe.learners.head import Head
from tailprobe.learners.learner import Ensemble, HeadData, HeadFit
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods

LOW = np.array([False, False, False, True, True])
ROWS, INPUTS, CLASSES = 240, 6, tuple("abcde")
PARTS = (4, 2)  # columns of the parts, for methods of fused encoders


def labels_of(kind: Kind, seed: int = 3) -> Labels:
    """Return labels of five classes, from frequent to rare."""
    rng = np.random.default_rng(seed)
    if kind == "multi-label":
        return Labels(rng.random((ROWS, 5)) < [0.7, 0.4, 0.12, 0.06, 0.04], CLASSES, kind)
    return Labels(np.eye(5, dtype=bool)[rng.choice(5, ROWS, p=[0.5, 0.26, 0.12, 0.07, 0.05])], CLASSES, kind)


def vectors_of(labels: Labels, seed: int = 3) -> np.ndarray:
    """Return embeddings that tell the classes apart in part, float32."""
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((len(labels.classes), INPUTS))
    return (labels.matrix @ means + rng.standard_normal((len(labels), INPUTS))).astype(np.float32)


def training_set(labels: Labels, seed: int = 0) -> TrainingSet:
    """Return the training set of a method."""
    return TrainingSet(labels, LOW, np.random.default_rng(seed), vectors_of(labels), text_of(labels), PARTS)


def text_of(labels: Labels) -> np.ndarray:
    """Return embeddings of the class names, near to the means of the classes' images, float32."""
    means = np.random.default_rng(3).standard_normal((len(labels.classes), INPUTS))
    return (means + 0.3 * np.random.default_rng(4).standard_normal(means.shape)).astype(np.float32)


def learner(text: str, kind: Kind, seed: int = 0) -> object:
    """Return what a method makes of the labels of a kind."""
    return parse_methods([text])[-1].learner(training_set(labels_of(kind), seed))


def plan(text: str, kind: Kind, seed: int = 0) -> TrainingPlan:
    """Return the plan, of an ensemble the first."""
    made = learner(text, kind, seed)
    if isinstance(made, Ensemble):
        made = made.members[0]
    assert isinstance(made, TrainingPlan)
    return made


def stage(text: str, kind: Kind, seed: int = 0) -> Stage:
    """Return the first stage of a plan."""
    return plan(text, kind, seed).stages[0]


def term_weights(text: str, kind: Kind) -> np.ndarray:
    """Return the (T, C) float64 weights of all loss terms of a plan's first stage."""
    of, labels = stage(text, kind), labels_of(kind)
    weights = np.ones(labels.matrix.shape)
    if of.loss.weight is not None:
        weights = weights * np.where(labels.matrix, of.loss.weight[1], of.loss.weight[0])
    rows = of.row_weights
    return weights if rows is None else weights * (rows if rows.ndim == 2 else rows[:, None])


def head_data(kind: Kind) -> HeadData:
    """Return rows of which the first 160 train and the others validate."""
    labels, rows = labels_of(kind), np.arange(ROWS)
    return HeadData(vectors_of(labels), labels, rows[:160], rows[160:])


def fitted(text: str, data: HeadData, seed: int = 0) -> Head:
    """Return the head that a method without gradient descent fits."""
    labels, rng = data.training_labels(), np.random.default_rng(seed)
    vectors = data.training_vectors()
    train = TrainingSet(labels, LOW, rng, vectors, text_of(labels)[:, : vectors.shape[1]], PARTS)
    made = parse_methods([text])[-1].learner(train)
    assert isinstance(made, HeadFit)
    return made.fit(data, seed)


def largest(one: object, two: object) -> float:
    """Return the largest absolute difference of two arrays of one shape."""
    a, b = np.asarray(one, np.float64), np.asarray(two, np.float64)
    assert a.shape == b.shape, (a.shape, b.shape)
    return float(np.abs(a - b).max())
