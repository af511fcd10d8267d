"""Random tasks with every feature that a plan can have, for the tests that hold one trainer against another."""

from dataclasses import replace

import numpy as np

from tailprobe.labels import Labels
from tailprobe.learners.loss import Loss
from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.task import HeadKey, HeadTask

SIGMOID = (
    "plain",
    "rows",
    "batches",
    "classes",
    "focus",
    "terms",
    "affine",
    "clip",
    "synthetic",
    "stages",
    "retrained",
    "smoothed",
    *(BY_OPTIMISER := ("adamw", "sgd", "sharp-adam", "sharp-sgd-retrained")),
)
SOFTMAX = ("softmax", "softmax-tables", "softmax-stages", "softmax-smoothed")
FEATURES = (*SIGMOID, *SOFTMAX)
NOT_STACKED = ("smoothed", "softmax-smoothed", *BY_OPTIMISER)  # a stack refuses them
RECIPE = Recipe(width=19, epochs=2, batch_size=32, select="loss")
Study = tuple[np.ndarray, Labels, HeadTask]


def random_loss(feature: str, classes: int, rng: np.random.Generator) -> Loss:
    """Return the loss of a feature, its tables random."""
    tables = {
        "classes": {"weight": rng.random((2, classes)) * 4},
        "focus": {"gamma": np.repeat([[2.5], [1.0]], classes, axis=1)},
        "affine": {"scale": rng.random((2, classes)) + 0.5, "shift": rng.standard_normal((2, classes))},
        "clip": {"gamma": rng.random((2, classes)) * 4, "clip": rng.random((2, classes)) * 0.2},
        "softmax-tables": {
            "weight": rng.random((2, classes)) * 4,
            "gamma": rng.random((2, classes)) * 2,
            "scale": rng.random((2, classes)) + 0.5,
            "shift": rng.standard_normal((2, classes)),
        },
        "smoothed": {"smoothing": rng.random((2, classes)) * 0.5, "weight": rng.random((2, classes)) * 4},
        "softmax-smoothed": {"smoothing": rng.random((2, classes)) * 0.5, "shift": rng.standard_normal((2, classes))},
    }.get(feature, {})
    return Loss("softmax" if feature in SOFTMAX else "sigmoid", **tables)


def random_plan(
    feature: str, *, train: int, inputs: int, classes: int, drawn: int, rng: np.random.Generator
) -> TrainingPlan:
    """Return a plan with repeated draws and one feature."""
    loss, synthetic, rows = random_loss(feature, classes, rng), None, train
    if feature == "synthetic":
        matrix = rng.random((7, classes)) < 0.3
        synthetic = Synthetic(rng.standard_normal((7, inputs)).astype(np.float32), matrix)
        rows += 7
    weights = {
        "rows": rng.random(rows) * 3,
        "batches": rng.random(rows) * 3,
        "terms": rng.random((rows, classes)) * (rng.random((rows, classes)) < 0.8),
    }.get(feature)
    stage = Stage(rng.integers(0, rows, drawn), loss, weights, batch_mean_weight=feature == "batches")
    stages: tuple[Stage, ...] = (stage,)
    if feature in ("stages", "softmax-stages"):
        later = replace(stage, loss=replace(loss, weight=rng.random((2, classes)) * 3), share=0.5)
        stages = (replace(stage, share=0.5), later)
    if feature.endswith("retrained"):
        later = Stage(rng.integers(0, rows, drawn + 3), loss, share=0.5, trains="output", restart_output=True)
        stages = (replace(stage, share=0.5), later)
    return TrainingPlan(stages, synthetic=synthetic, optimiser=_optimiser(feature))


def _optimiser(feature: str) -> Optimiser:
    if feature not in BY_OPTIMISER:
        return Optimiser()
    algorithm = next(name for name in ("adamw", "sgd", "adam") if name in feature)
    return Optimiser(algorithm, 0.8, 0.1 if "sharp" in feature else 0.0)


def random_labels(feature: str, rows: int, classes: int, rng: np.random.Generator) -> Labels:
    """Return multi-label labels, or single-label ones for a softmax loss."""
    names = tuple(map(str, range(classes)))
    if feature in SOFTMAX:
        return Labels(np.eye(classes, dtype=bool)[rng.integers(0, classes, rows)], names, "single-label")
    return Labels(rng.random((rows, classes)) < 0.3, names, "multi-label")


def random_study(
    seed: int = 0,
    *,
    rows: int = 90,
    inputs: int = 21,
    classes: int = 5,
    drawn: int = 70,
    feature: str = "plain",
    recipe: Recipe = RECIPE,
    standardise: bool = False,
) -> Study:
    """Return embeddings, labels and a task."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, inputs)).astype(np.float32)
    labels = random_labels(feature, rows, classes, rng)
    order = rng.permutation(rows)
    train, held_out = order[: rows * 2 // 3], order[rows * 2 // 3 :]
    plan = random_plan(feature, train=len(train), inputs=inputs, classes=classes, drawn=drawn, rng=rng)
    key = HeadKey("random", feature, seed)
    return x, labels, HeadTask(key, plan, recipe, train, held_out, standardise)
