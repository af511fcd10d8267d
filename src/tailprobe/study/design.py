"""The design of a study: each repeat's split and each method's plan. Cheap, and made before any long work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool

from tailprobe.callspec import CallSpec
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.frequency import low_frequency_classes
from tailprobe.learners.plan import TrainingPlan, summarise_plan
from tailprobe.learners.recipe import Recipe
from tailprobe.methods.lookup import make_plan, parse_methods
from tailprobe.parts import PARTS
from tailprobe.randomness import generator
from tailprobe.splits import Split, make_split
from tailprobe.study.settings import Study
from tailprobe.training.task import HeadKey, HeadTask


@dataclass(frozen=True, eq=False)
class Repeat:
    """One seed: its split, and each method's plan for its training part."""

    seed: int
    split: Split
    plans: dict[str, TrainingPlan]  # by the method's canonical text


@dataclass(frozen=True, eq=False)
class Design:
    """What will be trained, before the embeddings are known."""

    images: LabeledImages
    low_frequency: Bool[np.ndarray, " C"]
    methods: tuple[str, ...]
    repeats: tuple[Repeat, ...]


def design_study(study: Study, images: LabeledImages) -> Design:
    """Split and plan every repeat; bands of images that have no range yet are given that of the first training part.

    Raises:
        InputError: the methods, the low-frequency rule or the split do not fit the labels, or as `fit_ranges`.
    """
    specs = parse_methods(study.methods)
    low = low_frequency_classes(images.labels, study.low_frequency)
    seeds = range(study.seed, study.seed + study.seeds)
    repeats = tuple(_repeat(study, images, low, specs, seed) for seed in seeds)
    images = fit_ranges(images, repeats[0].split.train)
    return Design(images, low, tuple(str(spec) for spec in specs), repeats)


def _repeat(
    study: Study, images: LabeledImages, low: Bool[np.ndarray, " C"], specs: Sequence[CallSpec], seed: int
) -> Repeat:
    split = make_split(images.labels, study.split, images.given_parts, rng=generator(seed, "split"))
    labels = images.labels.rows(split.train)
    plans = {str(spec): make_plan(spec, labels, low, rng=generator(seed, "plan", str(spec))) for spec in specs}
    if study.budget == "updates":
        plans = {method: replace(plan, epoch_rows=len(split.train)) for method, plan in plans.items()}
    return Repeat(seed, split, plans)


def head_tasks(design: Design, embeddings: dict[str, Embeddings], recipe: Recipe) -> list[HeadTask]:
    """List every head of the study: encoder by repeat by method."""
    return [
        HeadTask(
            HeadKey(encoder, method, repeat.seed),
            plan,
            recipe,
            train=repeat.split.train,
            validation=repeat.split.validation,
            standardise=stored.standardise,
        )
        for encoder, stored in embeddings.items()
        for repeat in design.repeats
        for method, plan in repeat.plans.items()
    ]


def plan_table(design: Design) -> pd.DataFrame:
    """Say what each plan does to the training data.

    Returns:
        A row a (method, seed, class): method, seed, class_name, count (draws an epoch that carry the class), rows
        (drawn an epoch), distinct_images, target_count (missing for methods that aim at no count).
    """
    frames = []
    for repeat in design.repeats:
        labels = design.images.labels.rows(repeat.split.train)
        for method, plan in repeat.plans.items():
            summary = summarise_plan(plan, labels)
            frame = pd.DataFrame({"class_name": labels.classes, "count": summary.counts})
            target_count = pd.array([summary.threshold] * len(frame), dtype="Int64")
            frames.append(
                frame.assign(
                    method=method,
                    seed=repeat.seed,
                    rows=summary.rows,
                    distinct_images=summary.distinct_images,
                    target_count=target_count,
                )
            )
    columns = ["method", "seed", "class_name", "count", "rows", "distinct_images", "target_count"]
    return pd.concat(frames, ignore_index=True)[columns]


def split_table(design: Design) -> pd.DataFrame:
    """List which image is in which part: seed, name, part; an image both tuned on and reported has a row for each."""
    names = np.asarray(design.images.names, dtype=object)
    frames = [
        pd.DataFrame({"seed": repeat.seed, "name": names[getattr(repeat.split, part)], "part": part})
        for repeat in design.repeats
        for part in PARTS
    ]
    return pd.concat(frames, ignore_index=True)


def label_table(design: Design) -> pd.DataFrame:
    """List the images: name, classes (places in the table of classes)."""
    matrix = design.images.labels.matrix
    return pd.DataFrame({"name": design.images.names, "classes": [np.flatnonzero(row).tolist() for row in matrix]})


def class_table(design: Design) -> pd.DataFrame:
    """List the classes: class_name, count (images), low_frequency, and the images of each part in the first repeat."""
    labels = design.images.labels
    split = design.repeats[0].split
    parts = {part: labels.rows(getattr(split, part)).counts for part in PARTS}
    return pd.DataFrame(
        {"class_name": labels.classes, "count": labels.counts, "low_frequency": design.low_frequency, **parts}
    )
