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
from tailprobe.keywords import known_keywords
from tailprobe.labels import Labels
from tailprobe.progress import Progress, silent
from tailprobe.review.candidates import Candidate, find_candidates
from tailprobe.review.entries import Decision, Entry, conflicts, entries_in_effect, last_answers
from tailprobe.review.history import History, history_path
from tailprobe.review.material import Material, read_material
from tailprobe.review.outcome import LabelledBefore, ReviewedLabels, reviewed_labels
from tailprobe.review.queue import DEFAULT_MIX, Mix
from tailprobe.review.write import Layout, check_out, write_labels
from tailprobe.study.mistakes import file_of

_VIEWED = 60.0  # seconds for which an image counts as being looked at
Where = Literal["new", "labelled"]


@dataclass(eq=False)
class Session:
    """A review that is going on.

    Example:
        session = Session.open("MODEL", "NEW_IMAGES", "labels.csv", each=20)
        for candidate in session.candidates:
            session.decide(candidate.number, answer(candidate.image, candidate.class_name), "me")
        print(session.write())
    """

    material: Material
    candidates: Sequence[Candidate]
    history: History
    out: Path
    layout: Layout = "table"
    overwrite: bool = False
    reviewer: str = "reviewer"  # the name that the page begins with
    _viewed: dict[str, tuple[int, float]] = field(default_factory=dict)  # by reviewer: candidate and when

    @classmethod
    @known_keywords
    def open(
        cls,
        source: str | Path,
        unlabelled: str | Path,
        out: str | Path,
        *,
        classes: Sequence[str] = (),
        each: int = 100,
        doubts: int = 10,
        mix: Mix = DEFAULT_MIX,
        layout: Layout = "table",
        overwrite: bool = False,
        reviewer: str = "reviewer",
        cache: str | Path | None = None,
        weights: str | Path | None = None,
        allow_code: bool = False,
        progress: Progress = silent,
    ) -> "Session":
        """Score new images and queue those most worth a look; a review with the same `out` continues.

        Args:
            source: a run folder or a model folder.
            unlabelled: new images, as `tailprobe predict` takes them; labelled ones among them are left out.
            out: where the labels are written; the history of decisions is stored next to it.
            classes: those to review; by default the low-frequency ones.
            each: new images of each class.
            doubts: labels that may be wrong, of each class and kind.
            mix: weights of score, uncertainty and diversity.
            layout: how the labels are written, see `tailprobe.review.write`.
            overwrite: whether a table that is there is replaced; the old one is kept as a backup.
            reviewer: the name that the page begins with.
            cache, weights, allow_code: as of `tailprobe.review.material.read_material`.
            progress: called as progress(stage, done, total) during long steps.

        Raises:
            InputError: as `read_material` and `check_out`.
        """
        place = Path(out)
        history = History(history_path(place))
        check_out(place, layout, history, overwrite=overwrite)
        material = read_material(
            Path(source), str(unlabelled), classes=classes, cache=None if cache is None else Path(cache),
            weights=None if weights is None else Path(weights), allow_code=allow_code, progress=progress,
        )  # fmt: skip
        answered = set(last_answers(history.entries))
        candidates = find_candidates(material, answered, each=each, doubts=doubts, mix=mix)
        return cls(material, candidates, history, place, layout, overwrite, reviewer)

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
