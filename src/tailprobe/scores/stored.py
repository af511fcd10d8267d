"""The scores of every head on its test part, read lazily from a run's file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from tailprobe.errors import InputError
from tailprobe.scores.head_scores import HeadPart, HeadScores, read_head_scores, scored_heads
from tailprobe.scores.rules import tune_thresholds


def open_test_scores(
    path: Path,
    *,
    labels: Bool[np.ndarray, "N C"],
    known: Bool[np.ndarray, "N C"] | None = None,
    thresholds: Sequence[str] = (),
) -> "StoredScores":
    """Open a run's `scores.parquet` as the mapping that `compare_methods` takes; one head is in memory at a time.

    Args:
        path: the file.
        labels: (N, C), of every image of the study's image set, in its order.
        known: (N, C), which labels are known; None: all.
        thresholds: names of rules, see `rules`; they are tuned on each head's validation part, as the study tuned them.

    Raises:
        InputError: the file is missing, damaged or of another kind; when a head is read, also where the file names rows
            that the labels do not have.
    """
    return StoredScores(path, labels, tuple(thresholds), known)


class StoredScores(Mapping[HeadPart, HeadScores]):
    """The test scores of each head, by `HeadPart`; see `open_test_scores`."""

    def __init__(
        self,
        path: Path,
        labels: Bool[np.ndarray, "N C"],
        rules: tuple[str, ...],
        known: Bool[np.ndarray, "N C"] | None = None,
    ) -> None:
        self._path, self._labels, self._rules, self._known_labels = path, labels, rules, known
        self._heads = [head for head in scored_heads(path) if head.part == "test"]
        self._known = frozenset(self._heads)

    def __iter__(self) -> Iterator[HeadPart]:
        return iter(self._heads)

    def __len__(self) -> int:
        return len(self._heads)

    def __contains__(self, head: object) -> bool:
        return head in self._known

    def __getitem__(self, head: HeadPart) -> HeadScores:
        if head not in self._known:
            raise KeyError(head)
        scores = self._read(head)
        if not self._rules:
            return scores
        validation = self._read(head._replace(part="validation"))
        labels, known = self._labels[validation.rows], self._known_labels
        known = None if known is None else known[validation.rows]
        return replace(scores, thresholds=tune_thresholds(self._rules, labels, validation.probabilities(), known))

    def _read(self, head: HeadPart) -> HeadScores:
        scores = read_head_scores(self._path, **head._asdict())
        first, last = int(scores.rows.min()), int(scores.rows.max())
        if first < 0 or last >= len(self._labels):
            raise InputError(
                f"{self._path}: rows {first} to {last} of {len(self._labels)} images; labels of another set"
            )
        return scores
