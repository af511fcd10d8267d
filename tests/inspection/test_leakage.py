"""What a split of single images does to groups is counted before anything is trained."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.inspection.leakage import group_leakage, image_wise_leakage
from tailprobe.labels import Labels
from tailprobe.parts import PARTS


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(PARTS)), min_size=1, max_size=30))
def test_counts_are_those_of_going_through_the_images_one_by_one(images: list[tuple[str, str]]) -> None:
    by_group = defaultdict(list)
    for group, part in images:
        by_group[group].append(part)
    found = group_leakage(*zip(*images, strict=True))
    assert found.groups == len(by_group)
    assert found.largest == max(map(len, by_group.values()))
    assert found.divided == sum(len(set(parts)) > 1 for parts in by_group.values())
    assert found.test_images == sum(part == "test" for _, part in images)
    assert found.leaked == sum(part == "test" and "train" in by_group[group] for group, part in images)


def collection(groups: tuple[str, ...] | None, parts: tuple[str, ...] | None = None) -> LabeledImages:
    names = tuple(f"{row}.png" for row in range(60))
    labels = Labels(np.ones((60, 1), dtype=bool), ("forest",), "multi-label")
    return LabeledImages(
        names, tuple(FileSource(Path(name)) for name in names), labels, "made", given_parts=parts, groups=groups
    )


def test_pairs_of_siblings_leak_under_a_split_of_single_images() -> None:
    found = image_wise_leakage(collection(tuple(f"scene {row // 2}" for row in range(60))))
    assert found is not None
    assert not found.given
    assert (found.groups, found.largest, found.test_images) == (30, 2, 12)
    assert found.leaked >= 3  # of 12; three in five of their siblings train


def test_parts_of_the_data_come_before_a_split() -> None:
    parts = ("train",) * 40 + ("validation",) * 10 + ("test",) * 10
    found = image_wise_leakage(collection(tuple(f"scene {row // 10}" for row in range(60)), parts))
    assert found is not None
    assert found.given
    assert (found.divided, found.leaked) == (0, 0)


@pytest.mark.parametrize("parts", [None, ("train",) * 60])
def test_images_without_groups_leak_nothing_that_could_be_counted(parts: tuple[str, ...] | None) -> None:
    assert image_wise_leakage(collection(None, parts)) is None
