"""The design of a study: the split of each repeat and the learner of each method.

What needs only labels is made before any long work; learners that read embeddings are made once these are computed.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.frequency import low_frequency_classes
from tailprobe.labels import Kind, Labels
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.memo import Memo
from tailprobe.learners.no_op import identical_ranking, no_op_reason
from tailprobe.learners.plan import TrainingPlan, summarise_plan
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.given import provided, training_set, without_lacking
from tailprobe.methods.lookup import baseline_of, named_methods, parse_methods
from tailprobe.methods.method import BoundMethod, Need
from tailprobe.parts import PARTS
from tailprobe.processor import cores
from tailprobe.randomness import generator
from tailprobe.runs.settings import Study
from tailprobe.splits import Split, SplitPlan, plan_splits
from tailprobe.splits.kinds import nested_split
from tailprobe.splits.units import Units
from tailprobe.study.seeds import first_seeds
from tailprobe.training.schedule import one_thread_each
from tailprobe.training.task import HeadKey, HeadTask


@dataclass(frozen=True, eq=False)
class Repeat:
    """One seed: its split, and the learners of the methods that need only labels."""

    seed: int
    split: Split
    learners: Mapping[BoundMethod, Learner]


@dataclass(frozen=True, eq=False)
class Design:
    """What will be trained, as far as it is known before the embeddings are."""

    images: LabeledImages
    splits: SplitPlan
    low_frequency: Bool[np.ndarray, " C"]
    methods: tuple[BoundMethod, ...]
    repeats: tuple[Repeat, ...]
    equal_updates: bool  # whether every method takes as many steps an epoch as the baseline


@dataclass(frozen=True, eq=False)
class PlannedHead:
    """A head of the study: method, encoder and seed, with the learner."""

    encoder: str
    method: BoundMethod
    repeat: Repeat
    learner: Learner


def design_study(study: Study, images: LabeledImages) -> Design:
    """Split every repeat and make the learners that need only labels.

    Bands of images without a value range get that of the first training part, see `fit_ranges`.

    Raises:
        InputError: the methods, the low-frequency rule or the split do not fit the labels, or as `fit_ranges`.
    """
    methods = parse_methods(study.methods, kind=images.labels.kind)
    for method in methods:
        if images.labels.kind not in method.kinds:
            wanted = " or ".join(sorted(method.kinds)) or "no kind of"
            raise InputError(
                f"method {method} is defined for {wanted} labels, and these are {images.labels.kind}; leave it out"
            )
    low = low_frequency_classes(images.labels, study.low_frequency)
    splits = plan_splits(images.labels, study.split, parts=images.given_parts, groups=images.groups, first=study.seed)
    seeds = splits.seeds(first_seeds(study))
    images = images.noted(*splits.notes, *_rounding_note(first_seeds(study), len(seeds)))
    _check_arguments(methods, images.labels, low)
    repeats = tuple(_repeat(images, splits.split(seed), low, methods, seed) for seed in seeds)
    images = fit_ranges(images, repeats[0].split.train)
    return Design(images, splits, low, methods, repeats, equal_updates=study.budget == "updates")


def leave_out_methods(study: Study, design: Design, stored: Mapping[str, Embeddings]) -> Design:
    """Leave out members of groups of methods that need what an encoder lacks, and note it.

    Raises:
        InputError: a method that was named by itself needs it.
    """
    encoders = {name: provided(each) for name, each in stored.items()}
    methods, notes = check_needs(study, design.images.labels.kind, encoders)
    return replace(design, methods=methods, images=design.images.noted(*notes)) if notes else design


def check_needs(
    study: Study, kind: Kind, encoders: Mapping[str, frozenset[Need]]
) -> tuple[tuple[BoundMethod, ...], tuple[str, ...]]:
    """Return the methods of a study that all encoders have what they need for, and sentences on the others.

    Raises:
        InputError: as `leave_out_methods`.
    """
    named = named_methods(study.methods, kind=kind)
    return without_lacking(parse_methods(study.methods, kind=kind), named, encoders)


def nest_design(design: Design) -> Design:
    """Return the design within the training parts: each repeat trains and validates on parts of its training part.

    What is chosen by it has seen no validation and no test image of its repeat.
    """

    def nested(repeat: Repeat) -> Repeat:
        rng, images = generator(repeat.seed, "nested"), design.images
        split = nested_split(images.labels, repeat.split, rng=rng, groups=images.groups)
        return _repeat(images, split, design.low_frequency, design.methods, repeat.seed)

    return replace(design, repeats=tuple(map(nested, design.repeats)))


def _check_arguments(methods: tuple[BoundMethod, ...], labels: Labels, low: Bool[np.ndarray, " C"]) -> None:
    """Make the learners that read embeddings on two images per class, so that bad arguments are found early.

    Raises:
        InputError: an argument out of its range, or labels that the method cannot take.
    """
    rows = np.unique(np.concatenate([np.flatnonzero(carried)[:2] for carried in labels.matrix.T]))
    few, vectors = labels.rows(rows), np.zeros((len(rows), 2), np.float32)
    text = np.zeros((len(labels.classes), 2), np.float32)
    for method in methods:
        if method.needs:
            method.learner(TrainingSet(few, low, generator(0), vectors, text, (1, 1)))


def _rounding_note(wanted: int, made: int) -> tuple[str, ...]:
    if wanted == made:
        return ()
    return (f"{made} seeds instead of {wanted}: rotated splits test every image once in five seeds",)


def _repeat(
    images: LabeledImages,
    split: Split,
    low: Bool[np.ndarray, " C"],
    methods: tuple[BoundMethod, ...],
    seed: int,
) -> Repeat:
    labels = images.labels.rows(split.train)
    learners = {
        method: method.learner(TrainingSet(labels, low, generator(seed, "plan", str(method))))
        for method in methods
        if not method.needs
    }
    return Repeat(seed, split, learners)


def plan_heads(
    design: Design, embeddings: Mapping[str, Embeddings], *, memos: Mapping[tuple[str, int], Memo] | None = None
) -> list[PlannedHead]:
    """Make the learners that read embeddings, and list every head of the study, by encoder, repeat and method.

    Repeats are planned at the same time, one a core, each with its own generators.

    Args:
        design: what is known before the embeddings are.
        embeddings: of all images, by encoder.
        memos: by encoder and seed, where methods share what they compute with those of other calls; by default the
            methods of a repeat share it with each other.

    Raises:
        InputError: a method's arguments do not fit the embeddings.
    """
    places = [(repeat, encoder, stored) for encoder, stored in embeddings.items() for repeat in design.repeats]
    with one_thread_each(), ThreadPoolExecutor(cores()) as pool:
        running = [pool.submit(_plan, design, *place, memos or {}) for place in places]
        try:
            return [head for future in running for head in future.result()]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _plan(
    design: Design, repeat: Repeat, encoder: str, stored: Embeddings, memos: Mapping[tuple[str, int], Memo]
) -> list[PlannedHead]:
    learners = _learners(design, repeat, encoder, stored, memos.get((encoder, repeat.seed)) or Memo())
    return [
        PlannedHead(encoder, method, repeat, _within_budget(learner, repeat, design)) for method, learner in learners
    ]


def _learners(
    design: Design, repeat: Repeat, encoder: str, stored: Embeddings, memo: Memo
) -> Iterator[tuple[BoundMethod, Learner]]:
    labels = design.images.labels.rows(repeat.split.train)
    for method in design.methods:
        if method not in repeat.learners:
            rng = generator(repeat.seed, "plan", str(method), encoder)
            given = training_set(
                method, labels, design.low_frequency, rng, stored, repeat.split.train, seed=repeat.seed, memo=memo
            )
            yield method, method.learner(given)
        else:
            yield method, repeat.learners[method]


def _within_budget(learner: Learner, repeat: Repeat, design: Design) -> Learner:
    if not design.equal_updates:
        return learner
    rows = len(repeat.split.train)
    if isinstance(learner, TrainingPlan):
        return learner.with_draws(rows)
    if isinstance(learner, Ensemble):
        return replace(learner, members=tuple(plan.with_draws(rows) for plan in learner.members))
    return learner


def head_tasks(heads: list[PlannedHead], embeddings: Mapping[str, Embeddings], recipe: Recipe) -> list[HeadTask]:
    """List the training tasks of a study, in the order of its heads."""
    return [
        HeadTask(
            HeadKey(head.encoder, str(head.method), head.repeat.seed),
            head.learner,
            recipe,
            train=head.repeat.split.train,
            validation=head.repeat.split.validation,
            standardise=embeddings[head.encoder].standardise,
        )
        for head in heads
    ]


def method_table(design: Design, heads: list[PlannedHead], recipe: Recipe) -> pd.DataFrame:
    """List the methods.

    Returns:
        One row per method, in order: method, position, family, link, baseline (the method it is compared with; empty
        for the baseline itself), arguments (JSON by name), source, no_op (why it must give the baseline's heads; empty
        if it need not), identical_ranking (whether its heads rank images as the baseline's do, by construction).
    """
    by_place = {(head.encoder, head.repeat.seed, head.method): head.learner for head in heads}
    rows = []
    for position, method in enumerate(design.methods):
        baseline = baseline_for(method)
        pairs = [
            (learner, by_place[encoder, seed, baseline])
            for (encoder, seed, other), learner in by_place.items()
            if baseline is not None and other == method
        ]
        reasons = {no_op_reason(learner, plain, recipe) for learner, plain in pairs}
        rows.append(
            {
                "method": str(method),
                "position": position,
                "family": method.family,
                "link": method.link,
                "baseline": "" if baseline is None else str(baseline),
                "arguments": json.dumps(method.arguments()),
                "source": "; ".join(part.method.source for part in method.parts if part.method.source),
                "no_op": next(iter(reasons)) if pairs and len(reasons) == 1 and None not in reasons else "",
                "identical_ranking": bool(pairs) and all(identical_ranking(*pair) for pair in pairs),
            }
        )
    return pd.DataFrame(rows)


def baseline_for(method: BoundMethod) -> BoundMethod | None:
    """Return what a method is compared with: the baseline of its link; for the softmax baseline the sigmoid one."""
    if not method.is_baseline:
        return baseline_of(method.link)
    return None if method.link == "sigmoid" else baseline_of("sigmoid")


def plan_table(design: Design, heads: list[PlannedHead]) -> pd.DataFrame:
    """Summarise what each method does to the training data.

    Returns:
        One row per (encoder, method, seed, class): encoder, method, seed, class_name, count (rows per epoch that carry
        the class), rows (drawn per epoch), distinct_images, synthetic_rows, target_count (missing for methods without
        one). For a method with stages, the stage that draws most; for a head without gradient descent, the rows it is
        fitted to.
    """
    frames = []
    for head in heads:
        labels = design.images.labels.rows(head.repeat.split.train)
        learner = head.learner.members[0] if isinstance(head.learner, Ensemble) else head.learner
        if not isinstance(learner, TrainingPlan):
            learner = TrainingPlan.of(TrainingSet(labels, design.low_frequency, generator(0)))
        summary = summarise_plan(learner, labels)
        frame = pd.DataFrame({"class_name": labels.classes, "count": summary.counts})
        frames.append(
            frame.assign(
                encoder=head.encoder,
                method=str(head.method),
                seed=head.repeat.seed,
                rows=summary.rows,
                distinct_images=summary.distinct_images,
                synthetic_rows=summary.synthetic_rows,
                target_count=pd.array([summary.target_count] * len(frame), dtype="Int64"),
            )
        )
    columns = ["encoder", "method", "seed", "class_name", "count", "rows", "distinct_images", "synthetic_rows"]
    return pd.concat(frames, ignore_index=True)[[*columns, "target_count"]]


def split_table(design: Design) -> pd.DataFrame:
    """List the part of each image by seed: seed, name, part; an image in two parts has one row for each."""
    names = np.asarray(design.images.names, dtype=object)
    frames = [
        pd.DataFrame({"seed": repeat.seed, "name": names[getattr(repeat.split, part)], "part": part})
        for repeat in design.repeats
        for part in PARTS
    ]
    return pd.concat(frames, ignore_index=True)


def label_table(design: Design) -> pd.DataFrame:
    """List the images: name, classes (row numbers in the class table), unknown (classes whose label is unknown)."""
    labels = design.images.labels
    unknown = np.zeros_like(labels.matrix) if labels.known is None else ~labels.known
    table = {"classes": labels.matrix, "unknown": unknown}
    places = {name: [np.flatnonzero(row).tolist() for row in marked] for name, marked in table.items()}
    return pd.DataFrame({"name": design.images.names, **places})


def class_table(design: Design) -> pd.DataFrame:
    """List the classes: class_name, count (images), unknown, groups, low_frequency, train, validation, test.

    `groups` counts the groups of images that carry the class, or its images if they have no groups; `train`,
    `validation` and `test` count the images of each part under the first seed.
    """
    labels = design.images.labels
    split = design.repeats[0].split
    parts = {part: labels.rows(getattr(split, part)).counts for part in PARTS}
    return pd.DataFrame(
        {
            "class_name": labels.classes,
            "count": labels.counts,
            "unknown": labels.unknown_counts,
            "groups": Units.of(labels, design.images.groups).support,
            "low_frequency": design.low_frequency,
            **parts,
        }
    )
