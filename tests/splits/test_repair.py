"""Every part gets a unit of every class whenever that can be, and with few moves."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.splits.deal import deal, deal_groups
from tailprobe.splits.repair import fill_gaps
from tailprobe.splits.units import Units


def units_of(matrix: np.ndarray) -> Units:
    return Units.of(Labels(matrix, tuple(f"c{c}" for c in range(matrix.shape[1])), "multi-label"))


def stands_everywhere(matrix: np.ndarray, part: np.ndarray, parts: int) -> bool:
    return all(matrix[part == p].any(axis=0).all() for p in range(parts))


def every_assignment(matrix: np.ndarray, parts: int) -> np.ndarray:
    assignments = np.array(list(itertools.product(range(parts), repeat=len(matrix))))
    return np.array([part for part in assignments if stands_everywhere(matrix, part, parts)])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 7), st.integers(1, 5), st.sampled_from([2, 3]))
def test_an_assignment_is_found_exactly_where_there_is_one(seed: int, images: int, classes: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.zeros((images, classes), dtype=bool)
    for c in range(classes):
        matrix[rng.choice(images, size=parts + int(rng.random() < 0.3), replace=False), c] = True
    possible = every_assignment(matrix, parts)
    start = rng.integers(parts, size=images)
    if len(possible):
        found = fill_gaps(units_of(matrix), start, parts=parts, rng=rng)
        assert stands_everywhere(matrix, found, parts)
    else:
        with pytest.raises(InputError, match=r"is in each of|to be in each of"):
            fill_gaps(units_of(matrix), start, parts=parts, rng=rng)


def test_a_whole_assignment_is_left_as_it_is() -> None:
    matrix = np.ones((6, 2), dtype=bool)
    start = np.array([0, 0, 1, 1, 2, 2])
    assert fill_gaps(units_of(matrix), start, parts=3, rng=np.random.default_rng(0)).tolist() == start.tolist()


def test_classes_that_cannot_all_stand_in_every_part_are_named() -> None:
    # Of three images, two for each pair of classes: whichever two lie in one part, the class of these misses the other.
    matrix = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=bool)
    with pytest.raises(InputError, match=r"the images of 'c\d' carry other rare classes too"):
        deal(units_of(matrix), (0.5, 0.5), rng=np.random.default_rng(0))


def test_a_chain_that_single_moves_cannot_mend_is_mended_with_the_fewest_moves() -> None:
    # Each class has two images, in a ring: parts have to alternate along it, and the start has them in two halves.
    ring = 6
    matrix = np.zeros((ring, ring), dtype=bool)
    for c in range(ring):
        matrix[[c, (c + 1) % ring], c] = True
    start = np.array([0, 0, 0, 1, 1, 1])
    found = fill_gaps(units_of(matrix), start, parts=2, rng=np.random.default_rng(0))
    assert found.tolist() in ([0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0])
    assert (found != start).sum() == min((start != other).sum() for other in every_assignment(matrix, 2))


@pytest.mark.parametrize("dealt", ["images", "groups"])
def test_hundreds_of_classes_of_three_images_stand_in_every_part(dealt: str) -> None:
    classes = 400
    matrix = np.zeros((3 * classes + 500, classes + 1), dtype=bool)
    matrix[:, 0] = True
    matrix[np.arange(3 * classes), 1 + np.arange(3 * classes) // 3] = True
    labels = Labels(matrix, tuple(f"c{c}" for c in range(classes + 1)), "multi-label")
    units = Units.of(labels, None if dealt == "images" else [str(row) for row in range(len(labels))])
    part = deal(units, (0.6, 0.2, 0.2), rng=np.random.default_rng(0))[units.of_image]
    counts = np.stack([matrix[part == p].sum(axis=0) for p in range(3)])
    assert (counts[:, 1:] == 1).all()


def test_a_class_too_small_is_named_before_anything_is_dealt(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.ones((20, 3), dtype=bool)
    matrix[2:, 1] = False
    monkeypatch.setattr("tailprobe.splits.deal._deal_images", lambda *_, **__: pytest.fail("images were dealt"))
    with pytest.raises(InputError, match=r"1 class\(es\) have too few images to be in each of 3 parts: 'c1' \(2\)"):
        deal(units_of(matrix), (0.6, 0.2, 0.2), rng=np.random.default_rng(0))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_groups_are_dealt_near_the_shares_of_every_class(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prevalence = np.array([0.5, 0.2, 0.05])
    labels = Labels(rng.random((900, 3)) < prevalence, ("a", "b", "c"), "multi-label")
    units = Units.of(labels, [str(g) for g in rng.integers(300, size=900)])
    part = deal_groups(units, (0.6, 0.2, 0.2), rng=rng)[units.of_image]
    counts = np.stack([labels.matrix[part == p].sum(axis=0) for p in range(3)])
    sizes = np.bincount(part, minlength=3)
    wanted = np.array([0.6, 0.2, 0.2])[:, None]
    assert (np.abs(counts - wanted * labels.counts) <= 2).all()  # images, of classes of 45 to 450
    assert (np.abs(sizes - wanted[:, 0] * 900) <= 5).all()
