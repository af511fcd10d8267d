"""Rotated splits: every image tested equally often, each seed's split its own affair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.labels import Labels
from tailprobe.splits import plan_splits


def long_tailed(seed: int, *, rows: int = 300, least: int = 5) -> Labels:
    rng = np.random.default_rng(seed)
    matrix = rng.random((rows, 5)) < 0.5 ** np.arange(1, 6)
    for c in range(5):
        matrix[rng.choice(rows, least, replace=False), c] = True
    return Labels(matrix, tuple("abcde"), "multi-label")


def times(plan: object, labels: Labels, seeds: range, part: str) -> np.ndarray:
    found = np.zeros(len(labels), dtype=int)
    for seed in seeds:
        found[getattr(plan.split(seed), part)] += 1
    return found


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), first=st.integers(0, 50), blocks=st.integers(1, 3))
def test_every_image_is_tested_validated_and_trained_on_equally_often(seed: int, first: int, blocks: int) -> None:
    labels = long_tailed(seed)
    plan = plan_splits(labels, "rotated", first=first)
    seeds = plan.seeds(5 * blocks)
    assert seeds == range(first, first + 5 * blocks)
    assert (times(plan, labels, seeds, "test") == blocks).all()
    assert (times(plan, labels, seeds, "validation") == blocks).all()
    assert (times(plan, labels, seeds, "train") == 3 * blocks).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), grouped=st.booleans())
def test_every_class_stands_in_every_part_of_every_seed(seed: int, grouped: bool) -> None:
    labels = long_tailed(seed, least=12)
    groups = [f"g{row // 2}" for row in range(len(labels))] if grouped else None
    plan = plan_splits(labels, "rotated", groups=groups)
    assert plan.kind == "rotated"
    for s in range(5):
        split = plan.split(s)
        for rows in (split.train, split.validation, split.test):
            assert labels.rows(rows).counts.min() >= 1
        if groups is not None:
            parts = [{groups[row] for row in rows} for rows in (split.train, split.validation, split.test)]
            assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]


def test_what_validates_is_what_the_next_seed_tests() -> None:
    plan = plan_splits(long_tailed(0), "rotated")
    for s in range(5):
        assert np.array_equal(plan.split(s).validation, plan.split((s + 1) % 5).test)


def test_the_next_five_seeds_have_other_folds() -> None:
    plan = plan_splits(long_tailed(0), "rotated")
    assert not np.array_equal(plan.split(0).test, plan.split(5).test)


def test_a_seeds_split_does_not_depend_on_what_was_asked_before() -> None:
    labels = long_tailed(0)
    forward, backward = plan_splits(labels, "rotated"), plan_splits(labels, "rotated")
    first = [forward.split(seed).test.tolist() for seed in range(10)]
    assert [backward.split(seed).test.tolist() for seed in reversed(range(10))] == first[::-1]


@pytest.mark.parametrize(("wanted", "made"), [(1, 5), (5, 5), (6, 10), (20, 20)])
def test_rotated_seeds_are_rounded_up_to_fives(wanted: int, made: int) -> None:
    assert len(plan_splits(long_tailed(0), "rotated").seeds(wanted)) == made
    assert len(plan_splits(long_tailed(0), "stratified").seeds(wanted)) == wanted


def test_a_class_of_four_images_falls_back_to_independent_splits_and_says_so() -> None:
    matrix = np.zeros((80, 2), dtype=bool)
    matrix[:, 0] = True
    matrix[[3, 20, 40, 60], 1] = True
    labels = Labels(matrix, ("forest", "mine"), "multi-label")
    plan = plan_splits(labels, "rotated")
    assert plan.kind == "stratified"
    assert plan.notes == (
        "fewer than 5 images of mine (4): each seed has an independent stratified split, not rotated",
    )
    stratified = plan_splits(labels, "stratified")
    assert plan.split(3).test.tolist() == stratified.split(3).test.tolist()


def test_a_class_of_many_images_in_four_groups_cannot_be_rotated() -> None:
    labels = Labels(np.ones((80, 1), dtype=bool), ("forest",), "multi-label")
    plan = plan_splits(labels, "rotated", groups=[str(row % 4) for row in range(80)])
    assert plan.kind == "stratified"
    assert "fewer than 5 groups of forest (4)" in plan.notes[0]


def test_parts_given_by_the_data_are_kept_and_that_is_said() -> None:
    labels = long_tailed(0)
    parts = ["train"] * 200 + ["validation"] * 50 + ["test"] * 50
    plan = plan_splits(labels, "rotated", parts=parts)
    assert plan.split(0).test.tolist() == plan.split(1).test.tolist() == list(range(250, 300))
    assert plan.notes == ("the parts given by the data are kept; --split stratified replaces them",)
    assert len(plan.seeds(7)) == 7


def test_a_single_given_part_is_no_split() -> None:
    plan = plan_splits(long_tailed(0), "rotated", parts=["train"] * 300)
    assert plan.kind == "rotated"
    assert plan.notes == ("the data name only the part 'train', which is ignored",)


def test_given_parts_that_divide_groups_are_kept_with_a_note() -> None:
    parts = ["train"] * 200 + ["validation"] * 50 + ["test"] * 50
    plan = plan_splits(long_tailed(0), "given", parts=parts, groups=[str(row % 100) for row in range(300)])
    assert plan.notes == ("100 of 100 groups are in more than one of the given parts, which are kept",)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["rotated", "stratified", "random", "two-part"]))
def test_no_split_divides_a_group(seed: int, how: str) -> None:
    labels = long_tailed(seed, least=20)
    rng = np.random.default_rng(seed)
    groups = np.array([f"scene {g}" for g in rng.integers(100, size=300)])
    split = plan_splits(labels, how, groups=groups.tolist(), first=seed).split(seed)
    parts = [split.train, split.test] if how == "two-part" else [split.train, split.validation, split.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(300))
    found = [set(groups[rows]) for rows in parts]
    assert sum(map(len, found)) == len(set(groups))
    assert abs(len(split.train) / 300 - (0.8 if how == "two-part" else 0.6)) < 0.03
