"""The images that a review shows: for each class new ones in the order of the queue, then labels that may be wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64, Int

from tailprobe.report.page.looks import doubtful_labels
from tailprobe.review.entries import Item
from tailprobe.review.material import Labelled, Material
from tailprobe.review.queue import DEFAULT_MIX, Mix, rank_images, unit_rows
from tailprobe.scores.mean_scores import mean_scores
from tailprobe.use.choice import BASELINE

Kind: TypeAlias = Literal["new", "may lack it", "may not be one"]
_NEIGHBOURS = 3
_MOST_CARRIERS = 2000  # labelled images of a class among which neighbours are looked for


@dataclass(frozen=True)
class Neighbour:
    """A labelled image that carries the class, near to one that is looked at."""

    row: int  # among the labelled images
    name: str
    cosine: float  # of the embeddings about their mean


@dataclass(frozen=True)
class Candidate:
    """An image and the class it is looked at for."""

    number: int  # its place among all candidates
    kind: Kind  # a new image, or a label that may be wrong
    row: int  # among the new images, or the labelled ones
    image: str
    class_name: str
    score: float  # calibrated probability; of a labelled image the mean of heads that were not trained on it
    neighbours: tuple[Neighbour, ...]

    @property
    def item(self) -> Item:
        """What a decision is about."""
        return self.image, self.class_name


def find_candidates(
    material: Material, answered: set[Item], *, each: int = 100, doubts: int = 20, mix: Mix = DEFAULT_MIX
) -> list[Candidate]:
    """Return the images to look at, class by class.

    Args:
        answered: image and class of decisions that were made before; they are not queued again.
        each: new images per class.
        doubts: labels that may be wrong, a class.
    """
    found: list[Candidate] = []
    for c in material.rare:
        name = material.classifier.classes[c]
        seen = np.array([(image, name) in answered for image in material.new.names], dtype=bool)
        probabilities = material.probabilities[:, c]
        rows = rank_images(probabilities, material.vectors, size=each, mix=mix, seen=seen)
        near = nearest_carriers(material.labelled, c, material.vectors[rows])
        for row, neighbours in zip(rows.tolist(), near, strict=True):
            image, score = material.new.names[row], float(probabilities[row])
            found.append(Candidate(len(found), "new", row, image, name, score, neighbours))
    for doubt in label_doubts(material, doubts):
        if (doubt.image, doubt.class_name) not in answered:
            found.append(replace(doubt, number=len(found)))
    return found


def label_doubts(material: Material, each: int) -> list[Candidate]:
    """Return labels of the reviewed classes that the scores speak against, see `report.page.looks.doubtful_labels`."""
    labelled = material.labelled
    if labelled is None or each == 0:
        return []
    scores = _held_out(labelled)
    doubts = doubtful_labels(labelled.labels.matrix, scores, list(material.rare), pd.Series(labelled.names), most=each)
    place = {name: row for row, name in enumerate(labelled.names)}
    found = []
    for doubt in doubts:
        row, c = place[doubt["name"]], int(doubt["class_index"])
        query = None if labelled.vectors is None else labelled.vectors[row : row + 1]
        near = () if query is None else nearest_carriers(labelled, c, query, leave_out=row)[0]
        name = labelled.labels.classes[c]
        found.append(Candidate(0, doubt["doubt"], row, doubt["name"], name, doubt["score"], near))
    return found


def _held_out(labelled: Labelled) -> Float64[np.ndarray, "N C"]:
    """Return baseline scores by heads that were not trained on an image; NaN where its label is not known."""
    run = labelled.run
    seeds: Sequence[int] = sorted(int(seed) for seed in run.results["seed"].unique())
    shape = {"images": len(labelled.names), "classes": len(labelled.labels.classes)}
    scores = mean_scores(run.scores, encoder=run.encoder, method=BASELINE, seeds=seeds, **shape)
    known: Bool[np.ndarray, "N C"] | None = labelled.labels.known
    return scores if known is None else np.where(known, scores, np.nan)


def nearest_carriers(
    labelled: Labelled | None, c: int, queries: Float[np.ndarray, "Q D"], *, leave_out: int = -1
) -> list[tuple[Neighbour, ...]]:
    """Return for each query the nearest labelled images that carry the class, nearest first.

    Args:
        leave_out: a labelled image, which is not a neighbour of itself.
    """
    if labelled is None or labelled.vectors is None or not len(queries):
        return [()] * len(queries)
    carriers = np.flatnonzero(labelled.labels.matrix[:, c])
    carriers = carriers[carriers != leave_out][:_MOST_CARRIERS]
    if not len(carriers):
        return [()] * len(queries)
    unit = unit_rows(np.concatenate([np.asarray(labelled.vectors[carriers]), np.asarray(queries)]))
    cosines = unit[len(carriers) :] @ unit[: len(carriers)].T  # (Q, K)
    order: Int[np.ndarray, "Q K"] = np.argsort(-cosines, axis=1, kind="stable")[:, :_NEIGHBOURS]
    return [
        tuple(Neighbour(int(carriers[k]), labelled.names[carriers[k]], float(cosines[q, k])) for k in best)
        for q, best in enumerate(order)
    ]
