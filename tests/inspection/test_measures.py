"""Imbalance ratios, cardinality and density against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tailprobe.inspection.measures import (
    imbalance_ratios,
    imbalance_variation,
    label_cardinality,
    label_density,
    mean_imbalance_ratio,
)

COUNTS = arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 10_000))
MATRICES = arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 8)))


@given(COUNTS)
def test_an_imbalance_ratio_times_its_count_is_the_largest_count(counts: np.ndarray) -> None:
    ratios = imbalance_ratios(counts)
    known = counts > 0
    np.testing.assert_allclose(ratios[known] * counts[known], counts.max())
    assert np.isnan(ratios[~known]).all()


def test_an_empty_class_changes_neither_the_mean_ratio_nor_its_variation() -> None:
    whole, with_empty = imbalance_ratios(np.array([90, 30, 9])), imbalance_ratios(np.array([90, 30, 9, 0]))
    assert mean_imbalance_ratio(with_empty) == mean_imbalance_ratio(whole) == pytest.approx((1 + 3 + 10) / 3)
    assert imbalance_variation(with_empty) == imbalance_variation(whole)


def test_the_variation_is_the_sample_deviation_over_the_mean() -> None:
    import statistics

    ratios = [1.0, 3.0, 10.0]
    assert imbalance_variation(np.array(ratios)) == pytest.approx(statistics.stdev(ratios) / statistics.mean(ratios))


def test_what_no_image_or_a_single_class_leaves_undefined_is_nan() -> None:
    assert np.isnan(mean_imbalance_ratio(imbalance_ratios(np.array([0, 0]))))
    assert np.isnan(imbalance_variation(imbalance_ratios(np.array([7]))))
    none = np.zeros((0, 3), dtype=bool)
    assert np.isnan(label_cardinality(none))
    assert np.isnan(label_density(none))


@given(MATRICES)
def test_cardinality_is_density_times_the_number_of_classes(matrix: np.ndarray) -> None:
    by_hand = sum(sum(row) for row in matrix.tolist()) / len(matrix)
    assert label_cardinality(matrix) == pytest.approx(by_hand)
    assert label_density(matrix) * matrix.shape[1] == pytest.approx(by_hand)
