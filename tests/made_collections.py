"""What a collection that was read holds."""

from pathlib import Path
from typing import Any

import pytest

import tailprobe
from tailprobe.datasets.images import LabeledImages
from tailprobe.errors import InputError

# The classes of 20 images, none to two each: cat on 12, dog on 9, newt on 3.
LABELS: list[list[str]] = [["cat"]] * 7 + [["cat", "dog"]] * 4 + [["dog"]] * 4 + [["newt"], ["newt", "cat"]]
LABELS += [["newt", "dog"], [], []]
COUNTS = {"cat": 12, "dog": 9, "newt": 3}
# One class each: Annual Crop on 10, Sea Lake on 6, Highway on 4.
SINGLE = ["Annual Crop"] * 10 + ["Sea Lake"] * 6 + ["Highway"] * 4


def counts(images: LabeledImages) -> dict[str, int]:
    return dict(zip(images.labels.classes, images.labels.counts.tolist(), strict=True))


def read(source: Path, labels: Path | None = None, **options: Any) -> LabeledImages:
    return tailprobe.read(source, labels=labels, **options)


def refused(source: Path, labels: Path | None = None, **options: Any) -> str:
    """Return the message with which a collection is refused."""
    with pytest.raises(InputError) as caught:
        read(source, labels, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def one_hot(names: list[str], yes: object, no: object) -> list[list[object]]:
    """Return rows of a column a class."""
    return [[name, *(yes if c in own else no for c in COUNTS)] for name, own in zip(names, LABELS, strict=True)]
