import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.comparison.influence import jackknife_correction
from tailprobe.comparison.variance import VarianceAccumulator, nadeau_bengio
from tailprobe.scores.ratio import defined_moments


@given(st.integers(0, 1000), st.integers(2, 5), st.booleans())
def test_the_covariance_is_the_mean_over_pairs_of_seeds_of_the_shared_images_products(seed, seeds, undefined):
    rng = np.random.default_rng(seed)
    total = VarianceAccumulator(images=12, columns=2)
    values, rows = rng.normal(size=(seeds, 2)), [rng.permutation(12)[:7] for _ in range(seeds)]
    weights = rng.normal(size=(seeds, 7, 2))
    if undefined:
        values[0, 1] = np.nan
    for value, places, weight in zip(values, rows, weights, strict=True):
        total.add(value, places, weight)
    found = total.components()
    for k in range(2):
        used = [s for s in range(seeds) if not np.isnan(values[s, k])]
        dense = np.zeros((seeds, 12))
        for s in used:
            dense[s, rows[s]] = weights[s, :, k]
        assert found.mean[k] == pytest.approx(values[used, k].mean())
        assert found.test_sampling_variance[k] == pytest.approx(np.mean([(dense[s] ** 2).sum() for s in used]))
        if len(used) > 1:
            pairs = [dense[s] @ dense[t] for s in used for t in used if s != t]
            assert found.covariance[k] == pytest.approx(np.mean(pairs))
            assert found.seed_variance[k] == pytest.approx(values[used, k].var(ddof=1))
        else:
            assert np.isnan(found.covariance[k])


def test_without_images_the_variance_of_the_mean_is_nadeau_and_bengios():
    values = np.random.default_rng(0).normal(size=(10, 1))
    found = nadeau_bengio(values, test_share=0.2)
    expected = values.var(ddof=1) * (1 / 10 + 0.2 / 0.8)
    assert found.seed_variance[0] / 10 == pytest.approx(expected)


def test_moments_leave_out_what_is_not_defined():
    mean, many, variance = defined_moments(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, 4.0]]))
    assert mean.tolist() == [2.0, 4.0]
    assert many.tolist() == [2, 1]
    assert variance[0] == 2.0
    assert np.isnan(variance[1])


def test_the_covariance_of_means_over_test_parts_that_share_a_fifth_of_their_images_is_unbiased():
    # Each image's own number is the same under every seed, so two means covary by the images they share alone: over
    # collections by variance / N. Both influences are taken from their own part's mean, (n - 1) / n too small each.
    rng, images, n, seeds = np.random.default_rng(0), 30, 6, 8
    correction = jackknife_correction(np.ones((n, 1), dtype=bool))
    estimates = []
    for _ in range(1500):
        x, total = rng.normal(size=images), VarianceAccumulator(images=images, columns=1)
        for _ in range(seeds):
            rows = rng.permutation(images)[:n]
            part = x[rows]
            total.add(part[:1] * 0 + part.mean(), rows, (part - part.mean())[:, None] / n * correction)
        estimates.append(total.components().covariance[0])
    assert np.mean(estimates) == pytest.approx(1 / images, rel=0.08)
    with_root = np.mean(estimates) * (n - 1) / n  # as if the correction were sqrt(n / (n - 1))
    assert with_root < 0.92 / images
