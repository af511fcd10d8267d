"""The labels that come of a review: those there were, with what reviewers decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int8

from tailprobe.errors import InputError
from tailprobe.labels import Kind, Labels
from tailprobe.review.entries import Item

YES, NO, UNKNOWN = 1, 0, -1  # as a table of labels has them; `--uncertain ignore` reads -1 as not known


@dataclass(frozen=True, eq=False)
class ReviewedLabels:
    """Labels of N images by C classes, old ones first; images without any known label are not included."""

    names: tuple[str, ...]
    files: tuple[str, ...]  # path or URL of each image, empty if it is not a separate file
    values: Int8[np.ndarray, "N C"]  # YES, NO or UNKNOWN
    classes: tuple[str, ...]
    kind: Kind
    changed: int  # labelled images of which the review turned a label
    added: int  # images that had no label before
    left_out: int  # single-label images of which the review says only what they are not

    def tags(self, row: int) -> list[str]:
        """Return the classes that an image carries."""
        return [self.classes[c] for c in np.flatnonzero(self.values[row] == YES)]


@dataclass(frozen=True, eq=False)
class LabelledBefore:
    """The labels before the review; none for a model without its comparison."""

    names: tuple[str, ...]
    files: tuple[str, ...]
    labels: Labels


def reviewed_labels(
    before: LabelledBefore, answers: Mapping[Item, bool], new_files: Mapping[str, str]
) -> ReviewedLabels:
    """Put the answers of a review into the labels.

    An answer for a multi-label image is only about the class in question: its other classes stay as they were, or
    unknown for a new image. A single-label image whose class is confirmed has only that class; one whose classes are
    all rejected is left out, as a single-label table cannot express it.

    Args:
        answers: whether a class was confirmed, by image and class, in the order of the history.
        new_files: path or URL of each new image by its name, empty if it is not a file.

    Raises:
        InputError: an answer is about an image or class that is not there.
    """
    classes, old = before.labels.classes, len(before.names)
    column = {name: c for c, name in enumerate(classes)}
    known = set(before.names)
    new = tuple(dict.fromkeys(image for image, _ in answers if image not in known))
    if missing := [name for name in new if name not in new_files]:
        raise InputError(f"the history is about {missing[0]!r}, which is neither a labelled nor a new image")
    values = np.concatenate([_values(before.labels), np.full((len(new), len(classes)), UNKNOWN, np.int8)])
    row_of = {name: row for row, name in enumerate((*before.names, *new))}
    start = values.copy()
    for (image, class_name), confirmed in answers.items():
        if class_name not in column:
            raise InputError(f"the history decides about the class {class_name!r}; the model has {', '.join(classes)}")
        row = values[row_of[image]]
        if confirmed and before.labels.kind == "single-label":
            row[:] = NO
        row[column[class_name]] = YES if confirmed else NO
    found = ReviewedLabels(
        (*before.names, *new), (*before.files, *(new_files[name] for name in new)), values, classes,
        before.labels.kind, int((values != start)[:old].any(axis=1).sum()), len(new), 0,
    )  # fmt: skip
    return found if before.labels.kind == "multi-label" else _with_a_class(found, old)


def _values(labels: Labels) -> Int8[np.ndarray, "N C"]:
    values = labels.matrix.astype(np.int8)
    return values if labels.known is None else np.where(labels.known, values, np.int8(UNKNOWN))


def _with_a_class(found: ReviewedLabels, old: int) -> ReviewedLabels:
    kept = np.flatnonzero((found.values == YES).any(axis=1))
    return replace(
        found,
        names=_at(found.names, kept.tolist()),
        files=_at(found.files, kept.tolist()),
        values=found.values[kept],
        added=int((kept >= old).sum()),
        left_out=len(found.names) - len(kept),
    )


def _at(values: tuple[str, ...], places: Sequence[int]) -> tuple[str, ...]:
    return tuple(values[place] for place in places)
