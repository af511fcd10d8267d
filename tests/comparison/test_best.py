"""Hsu's comparisons with the best against simulation, and against Dunnett's critical value where they coincide."""

import numpy as np
import pytest
from scipy import stats

from tailprobe.comparison.best import distances_from_best
from tailprobe.comparison.compare import compare_methods


def covariance(arms, correlation, sd=0.01):
    """The baseline is known: differences from it have no error of its own."""
    found = np.zeros((arms, arms))
    found[1:, 1:] = sd**2 * ((1 - correlation) * np.eye(arms - 1) + correlation)
    return found


@pytest.mark.parametrize("truth", [np.zeros(5), np.array([0.0, 0.01, 0.03, 0.03, 0.02]), np.array([0.0, 0, 0, 0, 0.1])])
def test_all_distances_are_covered_at_once(truth):
    rng, V = np.random.default_rng(0), covariance(5, 0.7)
    away = ~np.eye(5, dtype=bool)
    expected = np.where(away, truth[:, None] - truth, np.inf).min(axis=1)
    held = 0
    for estimate in rng.multivariate_normal(truth, V, size=200):
        found = distances_from_best(estimate, V, np.full(5, np.inf), level=0.05)
        held += bool(((found.low <= expected + 1e-12) & (expected <= found.high + 1e-12)).all())
    assert held / 200 > 0.91  # 95%, with a standard error of 1.5%


def test_a_clear_winner_is_the_best_and_all_others_are_not():
    found = distances_from_best(np.array([0, 0.01, 0.2]), covariance(3, 0.5), np.full(3, 30.0), level=0.05)
    assert found.low.tolist()[2] == 0
    assert (found.high[:2] == 0).all()
    assert found.distance[2] == pytest.approx(0.19)


def test_the_reach_of_independent_arms_is_dunnetts():
    V = 0.01**2 * np.eye(4)
    found = distances_from_best(np.zeros(4), V, np.full(4, 1e9), level=0.05)
    rho = stats.multivariate_normal(np.zeros(3), 0.5 * np.eye(3) + 0.5)
    z = found.high[0] / (0.01 * np.sqrt(2))
    assert rho.cdf(np.full(3, z)) == pytest.approx(0.95, abs=0.005)


def test_the_table_names_what_may_be_best(run):
    table = compare_methods(run.scores, labels=run.labels, classes=run.classes).best.set_index("method")
    assert table.loc["helpful", "verdict"] == "best"
    assert set(table.loc[["baseline", "idle"], "verdict"]) == {"not best"}
    copied = compare_methods(run.scores, labels=run.labels, classes=run.classes, set_aside={"idle": "no-op"})
    assert set(copied.best["method"]) == {"baseline", "helpful"}
    assert (table["low"] <= 0).all()
    assert (table["high"] >= 0).all()
