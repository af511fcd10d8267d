"""Copies against pairs counted one by one."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.inspection.copies import equal_rows, find_copies
from tailprobe.labels import Labels

PARTS = ("train", "validation", "test")


@st.composite
def collections(draw: st.DrawFn) -> tuple[np.ndarray, list[set[str]], list[str]]:
    images = draw(st.integers(1, 25))
    marks = draw(st.lists(st.integers(1, 6), min_size=images, max_size=images))
    tags = draw(st.lists(st.sets(st.sampled_from("ab")), min_size=images, max_size=images))
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=images, max_size=images))
    hashes = np.array([[mark, 0] for mark in marks], dtype=np.uint8)
    return hashes, tags, parts


@given(collections())
def test_pairs_within_and_across_parts_are_those_counted_one_by_one(given_: tuple) -> None:
    hashes, tags, parts = given_
    labels = Labels.from_tags(tags, classes=["a", "b"])
    found = find_copies(hashes, labels, parts=parts)
    equal = [(i, j) for i, j in combinations(range(len(hashes)), 2) if (hashes[i] == hashes[j]).all()]
    assert found.pairs == len(equal)
    assert found.pairs_across == sum(parts[i] != parts[j] for i, j in equal)
    copied = {row for pair in equal for row in pair if parts[row] != "train" and "train" in {parts[i] for i in pair}}
    assert set(np.flatnonzero(found.held_out_copied)) == copied
    groups = {frozenset(np.flatnonzero((hashes == h).all(axis=1)).tolist()) for h in hashes}
    assert found.number == sum(len(group) > 1 for group in groups)
    assert found.surplus == sum(len(group) - 1 for group in groups)
    unlike = [g for g in groups if len({labels.matrix[row].tobytes() for row in g}) > 1]
    assert found.disagreeing == len(unlike)


def test_without_parts_nothing_lies_across() -> None:
    labels = Labels.from_tags([["a"], ["a"]])
    found = find_copies(np.ones((2, 32), dtype=np.uint8), labels)
    assert (found.pairs, found.pairs_across, found.held_out_copied.any()) == (1, 0, False)


def test_images_without_content_are_no_copies_of_each_other() -> None:
    assert equal_rows(np.zeros((3, 32), dtype=np.uint8)).tolist() == [-1, -1, -1]


def test_groups_are_numbered_as_they_are_met() -> None:
    marks = np.array([[9], [3], [5], [3], [9]], dtype=np.uint8)
    assert equal_rows(marks).tolist() == [0, 1, -1, 1, 0]
