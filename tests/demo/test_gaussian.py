import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from tailprobe.demo.gaussian import both_exceed, fit_correlations


@pytest.mark.parametrize("correlation", [-0.97, -0.6, 0.0, 0.3, 0.9, 0.97])
@pytest.mark.parametrize(("first", "second"), [(0.0, 0.0), (-2.8, 1.9), (-1.5, -2.5), (2.0, 0.4)])
def test_the_joint_chance_is_scipys(first, second, correlation):
    expected = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf([first, second])
    found = both_exceed(np.array([first]), np.array([second]), np.array([correlation]))
    assert found[0] == pytest.approx(expected, abs=2e-6)


def test_fitted_correlations_are_those_that_made_the_counts():
    truth = np.array([[1.0, 0.6, -0.4], [0.6, 1.0, 0.1], [-0.4, 0.1, 1.0]])
    quantiles = norm.ppf([[0.3, 0.5, 0.1], [0.2, 0.7, 0.05]])
    sizes = np.array([900.0, 300.0])
    joint = both_exceed(
        *np.broadcast_arrays(quantiles[:, :, None], quantiles[:, None, :]), np.stack([truth * 0.97] * 2)
    )
    counts = np.einsum("w,wij->ij", sizes, joint)
    fitted = fit_correlations(quantiles, sizes, counts)
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(fitted[off], 0.97 * truth[off], atol=1e-5)


def test_impossible_counts_still_give_a_correlation_matrix():
    quantiles = np.zeros((1, 3))
    fitted = fit_correlations(quantiles, np.array([100.0]), np.zeros((3, 3)))  # three halves that never meet
    np.testing.assert_allclose(np.diag(fitted), 1)
    assert np.linalg.eigvalsh(fitted).min() > 0
