"""The terminal's report of an inspection: what it says, and that it fits."""

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from tailprobe.inspection.copies import find_copies
from tailprobe.inspection.files import Files
from tailprobe.inspection.inspection import Inspection, label_statistics
from tailprobe.inspection.near import find_near_duplicates
from tailprobe.labels import Labels
from tailprobe.report.inspection import inspection_report


def inspected(
    classes: Sequence[str], *, parts: tuple[str, ...] | None = None, images: int = 60, name: str = "{}.jpg"
) -> Inspection:
    rng = np.random.default_rng(0)
    shares = np.geomspace(0.6, 0.02, len(classes))
    labels = Labels(rng.random((images, len(classes))) < shares, tuple(classes), "multi-label")
    vectors = rng.normal(size=(images, 4)).astype(np.float32)
    hashes = np.arange(1, images + 1, dtype=np.uint8)[:, None].repeat(32, axis=1)
    hashes[5] = hashes[7]
    copies = find_copies(hashes, labels, parts=parts)
    near = find_near_duplicates(vectors, threshold=0.95, encoder="mobilenet_v1", parts=parts)
    problems = ("folder/" * 30 + "0.jpg: not a readable image",) + ("",) * (images - 1)
    return Inspection(
        "data/" * 30,
        tuple(name.format(i) for i in range(images)),
        label_statistics(labels),
        parts,
        Files(hashes, problems),
        copies,
        near,
        None,
        labels.rows(np.flatnonzero(copies.groups >= 0)).counts,
        labels.rows(np.flatnonzero(near.groups >= 0)).counts,
    )


def printed(inspection: Inspection) -> str:
    console = Console(width=80, file=io.StringIO(), legacy_windows=False)
    console.print(inspection_report(inspection))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("classes", [1, 17, 365])
def test_it_fits_80_columns_whatever_the_names(classes: int) -> None:
    names = [f"a_class_with_a_name_that_goes_on_and_on_{i}" for i in range(classes)]
    parts = ("train", "validation", "test") * 20
    text = printed(inspected(names, parts=parts, name="a/folder/in/a/folder/in/a/folder/image_{}.jpg"))
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
    assert "image_5" in text  # no cell was cut by the terminal
    assert len(text.splitlines()) < 70


def test_names_are_shown_as_they_are_not_as_markup() -> None:
    assert "[red]road[/red]" in printed(inspected(["[red]road[/red]", "river"]))


def test_of_many_classes_the_largest_and_the_rarest_are_shown_and_the_rest_counted() -> None:
    inspection = inspected([f"class_{i:03}" for i in range(100)], images=200)
    order = np.argsort(-inspection.labels.counts, kind="stable")
    text = printed(inspection)
    assert "70 classes between" in text
    assert f"class_{order[0]:03}" in text
    assert f"class_{order[-1]:03}" in text
    assert f"class_{order[50]:03}" not in text


def test_what_lies_across_parts_is_reported_with_its_share() -> None:
    inspection = inspected(["a", "b"], parts=("train",) * 6 + ("test",) * 54)
    text = printed(inspection)
    assert "Parts: train 6, test 54." in text
    assert "Across parts: 1 pair.\n  Held-out images with one in training: 1 of 54 (1.9%)." in text.replace(" \n", "\n")


def test_what_was_not_looked_for_is_said() -> None:
    bare = replace(inspected(["a", "b"]), files=None, copies=None, near=None, near_of_class=None)
    text = printed(bare)
    assert "Files: not read." in text
    assert "needs embeddings" in text
    assert "Copies" not in text
