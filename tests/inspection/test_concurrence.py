"""SCUMBLE against a version written out image by image."""

import math
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tailprobe.inspection import concurrence
from tailprobe.inspection.concurrence import class_concurrence, image_concurrence, mean_concurrence
from tailprobe.inspection.measures import imbalance_ratios

MATRICES = arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 8)))


def by_hand(matrix: np.ndarray) -> list[float]:
    counts = [sum(column) for column in zip(*matrix.tolist(), strict=True)]
    found = []
    for row in matrix.tolist():
        ratios = [max(counts) / count for count, carried in zip(counts, row, strict=True) if carried]
        if not ratios:
            found.append(math.nan)
            continue
        found.append(1 - math.prod(ratios) ** (1 / len(ratios)) / (sum(ratios) / len(ratios)))
    return found


@given(MATRICES)
def test_concurrence_is_one_minus_the_geometric_over_the_arithmetic_mean_of_an_images_ratios(
    matrix: np.ndarray,
) -> None:
    found = image_concurrence(matrix, imbalance_ratios(matrix.sum(axis=0)))
    np.testing.assert_allclose(found, by_hand(matrix), atol=1e-12)
    assert ((found >= 0) & (found < 1))[~np.isnan(found)].all()


@given(MATRICES)
def test_a_classs_concurrence_is_the_mean_over_its_images(matrix: np.ndarray) -> None:
    of_images = image_concurrence(matrix, imbalance_ratios(matrix.sum(axis=0)))
    found = class_concurrence(matrix, of_images)
    for c in range(matrix.shape[1]):
        own = of_images[matrix[:, c]]
        assert np.isnan(found[c]) if not len(own) else found[c] == pytest.approx(own.mean())


def test_an_image_with_one_class_or_equally_rare_ones_has_none() -> None:
    matrix = np.array([[True, False, False], [False, True, True]])
    assert image_concurrence(matrix, np.array([1.0, 50.0, 50.0])).tolist() == [0, pytest.approx(0)]


def test_an_image_of_no_class_is_undefined_and_left_out_of_the_mean() -> None:
    found = image_concurrence(np.array([[True, True], [False, False]]), np.array([1.0, 4.0]))
    assert np.isnan(found[1])
    assert mean_concurrence(found) == pytest.approx(1 - 2 / 2.5)
    assert np.isnan(mean_concurrence(found[1:]))


def test_blocks_do_not_show() -> None:
    matrix = np.random.default_rng(0).random((50, 6)) < [0.9, 0.5, 0.3, 0.2, 0.1, 0.05]
    ratios = imbalance_ratios(matrix.sum(axis=0))
    whole = image_concurrence(matrix, ratios)
    with patch.object(concurrence, "_BLOCK", 7):
        np.testing.assert_allclose(image_concurrence(matrix, ratios), whole)
        np.testing.assert_allclose(class_concurrence(matrix, whole), class_concurrence(matrix, whole))


def test_the_mean_of_many_large_ratios_does_not_overflow() -> None:
    many = np.ones((1, 400), dtype=bool)
    assert image_concurrence(many, np.full(400, 1e6)) == pytest.approx([0])
