"""One review: candidates, the history of decisions, and the labels written of it. Knows nothing of the web."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.thumbnail import thumbnail
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.review.candidates import Candidate
from tailprobe.review.entries import Decision, Entry, conflicts, entries_in_effect, last_answers
from tailprobe.review.history import History
from tailprobe.review.material import Material
from tailprobe.review.outcome import LabelledBefore, ReviewedLabels, reviewed_labels
from tailprobe.review.write import Layout, write_labels
from tailprobe.study.mistakes import file_of

_VIEWED = 60.0  # seconds for which an image counts as being looked at
Where = Literal["new", "labelled"]


@dataclass(eq=False)
class Session:
    """A review that is going on."""

    material: Material
    candidates: Sequence[Candidate]
    history: History
    out: Path
    layout: Layout = "table"
    overwrite: bool = False
    reviewer: str = "reviewer"  # the name that the page begins with
    _viewed: dict[str, tuple[int, float]] = field(default_factory=dict)  # by reviewer: candidate and when

    def queue(self) -> dict[str, Any]:
        """Return the candidates and classes as the page takes them."""
        counts = Counter(candidate.class_name for candidate in self.candidates)
        return {
            "classes": [{"name": name, "images": number} for name, number in counts.items()],
            "candidates": [self._described(candidate) for candidate in self.candidates],
            "kind": self.material.classifier.kind,
            "out": str(self.out),
            "reviewer": self.reviewer,
        }

    def _described(self, candidate: Candidate) -> dict[str, Any]:
        shown = self.material.labelled is not None and self.material.labelled.images is not None
        return {
            "number": candidate.number,
            "kind": candidate.kind,
            "where": "new" if candidate.kind == "new" else "labelled",
            "row": candidate.row,
            "image": candidate.image,
            "class": candidate.class_name,
            "score": round(candidate.score, 4),
            "neighbours": [
                {"row": near.row, "image": near.name, "cosine": round(near.cosine, 3)}
                for near in (candidate.neighbours if shown else ())
            ],
        }

    def state(self, reviewer: str, viewing: int | None = None) -> dict[str, Any]:
        """Return the current decision on each candidate, the conflicts, and what others look at.

        Args:
            viewing: the number of the candidate that the reviewer has before their eyes.
        """
        self.history.refresh()
        now = time.monotonic()
        if viewing is not None:
            self._viewed[reviewer] = (viewing, now)
        on_items = entries_in_effect(self.history.entries)
        number_of = {candidate.item: candidate.number for candidate in self.candidates}
        decided = {
            number_of[item]: _entry_as_json(on_item[-1]) for item, on_item in on_items.items() if item in number_of
        }
        return {
            "decided": decided,
            "conflicts": [
                self._conflict(found.earlier, found.later, number_of) for found in conflicts(self.history.entries)
            ],
            "viewed": sorted(
                number for name, (number, at) in self._viewed.items() if name != reviewer and now - at < _VIEWED
            ),
            "decisions": sum(len(on_item) for on_item in on_items.values()),
        }

    @staticmethod
    def _conflict(earlier: Entry, later: Entry, number_of: dict[tuple[str, str], int]) -> dict[str, Any]:
        return {
            "number": number_of.get(later.item), "image": later.image, "class": later.class_name,
            "earlier": _entry_as_json(earlier), "later": _entry_as_json(later),
        }  # fmt: skip

    def decide(self, number: int, decision: Decision, reviewer: str, *, seen: int = 0) -> dict[str, Any]:
        """Add a decision and return the state.

        Args:
            seen: the number of the last entry on the image and class that the reviewer saw.

        Raises:
            InputError: there is no such candidate, or the history cannot be written.
        """
        candidate = self.candidate(number)
        self.history.add(reviewer, candidate.image, candidate.class_name, decision, seen=seen)
        return self.state(reviewer)

    def undo(self, reviewer: str) -> dict[str, Any]:
        """Take back the reviewer's last decision; `back` is the number of its candidate, None if it has none."""
        entry = self.history.undo(reviewer)
        numbers = [c.number for c in self.candidates if entry is not None and c.item == entry.item]
        return {**self.state(reviewer), "back": numbers[0] if numbers else None, "undone": entry is not None}

    def candidate(self, number: int) -> Candidate:
        """Return a candidate by its number."""
        if not 0 <= number < len(self.candidates):
            raise InputError(f"there is no image {number}; expected 0 to {len(self.candidates) - 1}")
        return self.candidates[number]

    def picture(self, where: Where, row: int, side: int) -> bytes:
        """Return an image as a JPEG.

        Raises:
            InputError: there is no such image, or it cannot be read.
        """
        images = self._images(where)
        if images is None or not 0 <= row < len(images):
            raise InputError(f"there is no {where} image {row}")
        return thumbnail(images, row, side=side, format="JPEG")

    def _images(self, where: Where) -> LabeledImages | None:
        if where == "new":
            return self.material.new
        return None if self.material.labelled is None else self.material.labelled.images

    def labels(self) -> ReviewedLabels:
        """Return the labels with the decisions in effect."""
        self.history.refresh()
        new = self.material.new
        files = {name: file_of(new, row) for row, name in enumerate(new.names)}
        return reviewed_labels(self._before(), last_answers(self.history.entries), files)

    def _before(self) -> LabelledBefore:
        labelled = self.material.labelled
        if labelled is None:
            classifier = self.material.classifier
            nothing = Labels(np.zeros((0, len(classifier.classes)), dtype=bool), classifier.classes, classifier.kind)
            return LabelledBefore((), (), nothing)
        return LabelledBefore(labelled.names, labelled.files, labelled.labels)

    def write(self) -> str:
        """Write the labels and return what was written, in words; raises as `write_labels`."""
        labels = self.labels()
        write_labels(labels, self.out, self.layout, self.history, overwrite=self.overwrite)
        left = f"; {labels.left_out} left out, as none of their labels is known" if labels.left_out else ""
        return f"{labels.added} new images and {labels.changed} corrected labels written to {self.out}{left}"


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.number, "decision": entry.decision, "reviewer": entry.reviewer, "time": entry.time}
