"""Every class in every part, nothing lost, nothing twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.parts import PARTS
from tailprobe.splits import Split, given_split, make_split, random_split, stratified_split


def long_tailed(seed: int, rows: int = 400, classes: int = 6) -> Labels:
    rng = np.random.default_rng(seed)
    matrix = rng.random((rows, classes)) < 0.5 ** np.arange(1, classes + 1)
    for c in range(classes):
        matrix[rng.choice(rows, 3, replace=False), c] = True
    return Labels(matrix, tuple(f"c{c}" for c in range(classes)), "multi-label")


def parts_of(split: Split) -> list[np.ndarray]:
    return [getattr(split, part) for part in PARTS]


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_a_stratified_split_is_disjoint_exhaustive_and_holds_every_class_in_every_part(seed: int) -> None:
    labels = long_tailed(seed)
    split = stratified_split(labels, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate(parts_of(split)).tolist()) == list(range(len(labels)))
    for rows in parts_of(split):
        assert labels.rows(rows).counts.min() >= 1


def test_a_stratified_split_keeps_the_shares_of_every_class() -> None:
    labels = long_tailed(0, rows=4000)
    split = stratified_split(labels, rng=np.random.default_rng(0))
    shares = np.stack([labels.rows(rows).counts / labels.counts for rows in parts_of(split)])
    frequent = labels.counts > 100
    np.testing.assert_allclose(
        shares[:, frequent], np.array([[0.6], [0.2], [0.2]]) * np.ones(frequent.sum()), atol=0.03
    )


def test_a_class_of_three_images_stands_in_every_part() -> None:
    matrix = np.zeros((60, 2), dtype=bool)
    matrix[:, 0] = True
    matrix[[4, 20, 50], 1] = True
    labels = Labels(matrix, ("common", "rare"), "multi-label")
    for seed in range(20):
        split = stratified_split(labels, rng=np.random.default_rng(seed))
        assert [int(labels.rows(rows).counts[1]) for rows in parts_of(split)] == [1, 1, 1]


def test_a_class_too_small_for_every_part_is_named_with_its_count() -> None:
    labels = Labels.from_tags([["a"]] * 20 + [["a", "tiny"]] * 2)
    with pytest.raises(InputError, match=r"'tiny' \(2\)"):
        stratified_split(labels, rng=np.random.default_rng(0))


def test_the_order_of_the_table_does_not_decide_who_trains() -> None:
    labels = Labels.from_tags([["a"]] * 50 + [["b"]] * 50)
    first = stratified_split(labels, rng=np.random.default_rng(0)).train
    second = stratified_split(labels, rng=np.random.default_rng(1)).train
    assert set(first.tolist()) != set(second.tolist())
    assert not set(range(10)) <= set(first.tolist())


def test_the_same_generator_gives_the_same_split() -> None:
    labels = long_tailed(3)
    one, two = (stratified_split(labels, rng=np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(parts_of(one), parts_of(two), strict=True))


def test_a_random_split_has_the_shares() -> None:
    split = random_split(long_tailed(0, rows=1000), rng=np.random.default_rng(0))
    assert [len(rows) for rows in parts_of(split)] == [600, 200, 200]


def test_given_parts_are_taken_as_they_are() -> None:
    labels = long_tailed(0, rows=30)
    parts = ["train"] * 20 + ["validation"] * 4 + ["test"] * 6
    split = given_split(labels, parts, rng=np.random.default_rng(0))
    assert split.test.tolist() == list(range(24, 30))


def test_where_two_parts_are_given_the_second_is_reported_and_tuning_takes_from_training() -> None:
    labels = long_tailed(0, rows=500)
    parts = ["train"] * 400 + ["validation"] * 100
    split = given_split(labels, parts, rng=np.random.default_rng(0))
    assert split.test.tolist() == list(range(400, 500))
    assert abs(len(split.validation) - 100) <= 3
    assert sorted([*split.train, *split.validation]) == list(range(400))


@pytest.mark.parametrize(
    ("how", "message"),
    [("given", "the data do not name the parts"), ("halves", "choose among")],
)
def test_a_split_that_cannot_be_made_says_what_can(how: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_split(long_tailed(0), how, None, rng=np.random.default_rng(0))
