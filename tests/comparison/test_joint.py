"""The joint covariance of many differences against its definition, one pair of seeds and images at a time."""

import numpy as np
import pytest

from tailprobe.comparison.joint import (
    JointSample,
    beside,
    images_covariance,
    joint_correlation,
    seeds_covariance,
    shrunk_correlation,
    without_influences,
)
from tailprobe.comparison.variance import VarianceAccumulator


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    rows = [np.sort(rng.permutation(12)[:7]) for _ in range(5)]
    return JointSample(rng.normal(size=(5, 3)), rng.normal(size=(3, 35)), np.concatenate(rows))


def test_the_images_part_is_the_mean_over_pairs_of_seeds_of_the_shared_images_products(sample):
    dense = np.zeros((3, 5, 12))
    for s in range(5):
        part = slice(7 * s, 7 * (s + 1))
        dense[:, s, sample.units[part]] = sample.influence[:, part]
    pairs = [(s, t) for s in range(5) for t in range(5) if s != t]
    expected = np.mean([dense[:, s] @ dense[:, t].T for s, t in pairs], axis=0)
    np.testing.assert_allclose(images_covariance(sample), (expected + expected.T) / 2)


def test_its_diagonal_is_the_covariance_of_one_difference_alone(sample):
    total = VarianceAccumulator(images=12, columns=3)
    for s, values in enumerate(sample.values):
        part = slice(7 * s, 7 * (s + 1))
        total.add(values, sample.units[part], sample.influence[:, part].T)
    alone = total.components()
    np.testing.assert_allclose(np.diag(images_covariance(sample)), alone.covariance)
    np.testing.assert_allclose(np.diag(seeds_covariance(sample.values)), alone.seed_variance / 5)


def test_sums_of_numbers_have_the_covariance_of_sums(sample):
    weights = np.array([[1.0, -1.0, 0.0], [0.2, 0.3, 0.5]])
    combined = sample.combine(weights)
    np.testing.assert_allclose(images_covariance(combined), weights @ images_covariance(sample) @ weights.T)
    np.testing.assert_allclose(seeds_covariance(combined.values), weights @ seeds_covariance(sample.values) @ weights.T)


def test_the_correlation_is_shrunk_by_a_tenth():
    found = shrunk_correlation(np.array([[4.0, 1.0], [1.0, 1.0]]), np.zeros((2, 2)))
    np.testing.assert_allclose(found, [[1, 0.45], [0.45, 1]])


def test_it_is_positive_definite_whatever_the_images_part_and_with_fewer_seeds_than_numbers():
    rng = np.random.default_rng(1)
    values, noise = rng.normal(size=(5, 12)), rng.normal(size=(12, 12))
    found = shrunk_correlation(seeds_covariance(values), noise + noise.T)
    assert np.linalg.eigvalsh(found).min() > 0
    np.testing.assert_allclose(np.diag(found), 1)


def test_a_number_without_variance_is_independent_of_the_others():
    found = shrunk_correlation(np.array([[1.0, 0.0], [0.0, 0.0]]), np.zeros((2, 2)))
    np.testing.assert_allclose(found, np.eye(2))


def test_encoders_tested_on_other_images_are_independent(sample):
    other = JointSample(sample.values, sample.influence, 11 - sample.units)
    apart = joint_correlation([sample, other])
    assert (apart[:3, 3:] == 0).all()
    together = joint_correlation([sample, sample])
    np.testing.assert_allclose(together, joint_correlation([beside([sample, sample])]))
    assert together[0, 3] == pytest.approx(0.9, abs=0.03)  # more where eigenvalues below 0 were raised


def test_below_five_seeds_no_correlation_is_given():
    values = np.random.default_rng(0).normal(size=(5, 2))
    assert joint_correlation([without_influences(values[:4])]) is None
    assert joint_correlation([without_influences(values)]) is not None
    values[0, 0] = np.nan
    assert joint_correlation([without_influences(values)]) is None
