"""Inspection of a collection before training: imbalance, duplicates, unreadable files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.frequency import classes_matching
from tailprobe.inspection.concurrence import class_concurrence, image_concurrence, mean_concurrence
from tailprobe.inspection.copies import Copies, Groups, find_copies
from tailprobe.inspection.files import Files, scan_files
from tailprobe.inspection.leakage import Leakage, image_wise_leakage
from tailprobe.inspection.measures import (
    imbalance_ratios,
    imbalance_variation,
    label_cardinality,
    label_density,
    mean_imbalance_ratio,
)
from tailprobe.inspection.near import LISTED, NearDuplicates, find_near_duplicates
from tailprobe.inspection.settings import InspectionSettings
from tailprobe.labels import Kind, Labels
from tailprobe.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class LabelStatistics:
    """Statistics of the labels of N images over C classes."""

    classes: tuple[str, ...]
    kind: Kind
    images: int  # N
    untagged: int  # images of no class
    counts: Int[np.ndarray, " C"]  # images that carry each class
    unknown: Int[np.ndarray, " C"]  # images for which the label is unknown
    ratios: Float[np.ndarray, " C"]  # IRLbl; NaN for a class without images
    mean_ratio: float  # MeanIR
    ratio_variation: float  # CVIR
    cardinality: float  # classes per image, mean
    density: float  # cardinality over C
    concurrence: float  # SCUMBLE
    class_concurrence: Float[np.ndarray, " C"]  # SCUMBLE of each class; NaN without images
    cooccurrence: Int[np.ndarray, "C C"]  # images that carry both classes, counts on the diagonal
    low_frequency: Mapping[str, Bool[np.ndarray, " C"]]  # by rule; a rule may select none, or all


@dataclass(frozen=True, eq=False)
class Inspection:
    """The result of inspecting a collection."""

    source: str
    names: Sequence[str]  # (N,)
    labels: LabelStatistics
    parts: tuple[str, ...] | None  # (N,) "train" | "validation" | "test"
    files: Files | None  # None if there are no files, or they were not to be read
    copies: Copies | None  # None if `files` is
    near: NearDuplicates | None  # None without embeddings; rows are those of `names`
    leakage: Leakage | None  # None if the images have no groups
    copies_of_class: Int[np.ndarray, " C"] | None  # images of each class that have a copy
    near_of_class: Int[np.ndarray, " C"] | None  # images of each class that have a near duplicate


def inspect_images(
    images: LabeledImages,
    *,
    embeddings: Embeddings | None = None,
    parts: Sequence[str] | None = None,
    rules: Sequence[str] = InspectionSettings.low_frequency,
    threshold: float = InspectionSettings.threshold,
    listed: int = LISTED,
    read_files: bool = True,
    workers: int | None = None,
    progress: Progress = silent,
) -> Inspection:
    """Inspect a collection: its labels, its files, and its exact and near duplicates.

    Args:
        images: the result of a reader.
        embeddings: of these images, for near duplicates; unreadable images may be missing.
        parts: (N,) "train", "validation" or "test"; by default those that came with the data.
        rules: definitions of low-frequency classes, see `tailprobe.frequency`.
        threshold: cosine from which two images are near duplicates; a suitable value depends on the encoder.
        listed: pairs of near duplicates to list, the closest first; all are counted.
        read_files: read and decode every file, to find exact duplicates and unreadable images.
        workers: threads that read files.
        progress: receives "read files" and "compare images".

    Raises:
        InputError: an unknown rule, a threshold outside (0, 1], or embeddings of other images.
    """
    parts = images.given_parts if parts is None else tuple(parts)
    labels = label_statistics(images.labels, rules=rules)
    files = scan_files(images, workers=workers, progress=progress) if read_files else None
    copies = None if files is None else find_copies(files.hashes, images.labels, parts=parts)
    near = None
    if embeddings is not None:
        rows = _rows_of(embeddings, images)
        near = find_near_duplicates(
            embeddings.vectors,
            threshold=threshold,
            encoder=embeddings.encoder,
            standardise=embeddings.standardise,
            parts=None if parts is None else [parts[row] for row in rows],
            copies=None if copies is None else copies.groups[rows],
            listed=listed,
            progress=progress,
        ).expand_to(rows, len(images))
    return Inspection(
        images.source,
        images.names,
        labels,
        parts,
        files,
        copies,
        near,
        image_wise_leakage(images),
        copies_of_class=None if copies is None else _of_class(copies.groups, images.labels),
        near_of_class=None if near is None else _of_class(near.groups, images.labels),
    )


def label_statistics(labels: Labels, *, rules: Sequence[str] = InspectionSettings.low_frequency) -> LabelStatistics:
    """Return the statistics of the labels.

    Raises:
        InputError: an unknown low-frequency rule.
    """
    ratios = imbalance_ratios(labels.counts)
    of_images = image_concurrence(labels.matrix, ratios)
    return LabelStatistics(
        classes=labels.classes,
        kind=labels.kind,
        images=len(labels),
        untagged=int((~labels.matrix.any(axis=1)).sum()),
        counts=labels.counts,
        unknown=labels.unknown_counts,
        ratios=ratios,
        mean_ratio=mean_imbalance_ratio(ratios),
        ratio_variation=imbalance_variation(ratios),
        cardinality=label_cardinality(labels.matrix),
        density=label_density(labels.matrix),
        concurrence=mean_concurrence(of_images),
        class_concurrence=class_concurrence(labels.matrix, of_images),
        cooccurrence=labels.cooccurrence(),
        low_frequency={rule: classes_matching(labels, rule) for rule in rules},
    )


def _rows_of(embeddings: Embeddings, images: LabeledImages) -> Int[np.ndarray, " M"]:
    """Return the row of each embedded image among the images."""
    position = {name: row for row, name in enumerate(images.names)}
    unknown = [name for name in embeddings.names if name not in position]
    if unknown:
        raise InputError(
            f"the embeddings hold image {unknown[0]!r} ({len(unknown):,} such), which is not in {images.source}; "
            "give the embeddings of these images"
        )
    return np.array([position[name] for name in embeddings.names], dtype=np.int64)


def _of_class(groups: Groups, labels: Labels) -> Int[np.ndarray, " C"]:
    return labels.rows(np.flatnonzero(groups >= 0)).counts
