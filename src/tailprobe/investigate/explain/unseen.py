"""Maps of training and test images by heads that were trained on neither.

The maps of images that a head was trained on differ from those of others even where the images are alike in everything,
because it has learnt these very images. Heads of K folds of the training part have seen none of the images they map.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from tailprobe.errors import InputError
from tailprobe.investigate.explain.attribution import AttributionMaps, Attributor
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.head import Head
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.training.engine import train
from tailprobe.training.task import HeadKey, HeadTask

FOLDS = 5


def baseline_heads(material: Material, training: Training, seed: int, parts: Sequence[np.ndarray]) -> list[Head]:
    """Return the baseline's heads trained on several sets of rows, with the validation part of a seed."""
    name = material.embeddings.encoder
    tasks = [
        HeadTask(
            HeadKey(name, "baseline", seed, recipe=i),
            TrainingPlan((Stage(np.arange(len(rows))),)),
            training.recipe,
            train=rows,
            validation=material.splits[seed].validation,
            standardise=material.embeddings.standardise,
        )
        for i, rows in enumerate(parts)
    ]
    heads = train(
        {name: material.embeddings}, material.images.labels, tasks, kernel=training.kernel, workers=training.workers
    )
    return [heads[task.key].head for task in tasks]


def unseen_maps(
    material: Material,
    training: Training,
    attributor: Attributor,
    c: int,
    seed: int,
    rows: Mapping[str, Int[np.ndarray, " n"]],
    rng: np.random.Generator,
) -> dict[str, AttributionMaps]:
    """Map training and test images for class c by the heads of K folds of the training part.

    A training image is mapped by the head whose training left out its fold, a test image by any one, in turn. Were the
    split at random, both would thus be mapped alike.

    Args:
        rows: `training` and `test`: the images to map.

    Raises:
        InputError: the training images with the class are all of one group.
    """
    part = material.splits[seed].train
    fold = _folds(material, c, part, rng)
    numbers = range(int(fold.max()) + 1)
    heads = baseline_heads(material, training, seed, [part[fold != k] for k in numbers])
    of_row = dict(zip(part.tolist(), fold.tolist(), strict=True))
    chosen = {
        "training": np.array([of_row[row] for row in rows["training"].tolist()]),
        "test": np.arange(len(rows["test"])) % len(heads),
    }
    return {
        name: AttributionMaps.joined(
            [attributor.at(heads[k], c, rows[name][of == k].tolist()) for k in numbers if (of == k).any()]
        )
        for name, of in chosen.items()
    }


def _folds(material: Material, c: int, part: Int[np.ndarray, " T"], rng: np.random.Generator) -> Int[np.ndarray, " T"]:
    """Return the fold of each training row: whole groups, those with the class spread evenly.

    Raises:
        InputError: the training images with the class are all of one group.
    """
    groups = material.group_numbers()
    units, of_row = np.unique(part if groups is None else groups[part], return_inverse=True)
    carries = np.zeros(len(units), dtype=bool)
    carries[of_row[material.images.labels.matrix[part, c]]] = True
    if carries.sum() < 2:
        raise InputError(
            f"all training images of class {material.images.labels.classes[c]!r} are of one group; explain maps each "
            "by a head that was trained on other groups: choose a class of two groups or more"
        )
    order = rng.permutation(len(units))
    order = order[np.argsort(~carries[order], kind="stable")]
    fold = np.empty(len(units), dtype=np.int64)
    fold[order] = np.arange(len(units)) % min(FOLDS, int(carries.sum()))
    return np.asarray(fold[of_row])
