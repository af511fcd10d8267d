import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tailprobe.comparison.ranks import rank_methods, rank_table
from tailprobe.errors import InputError

# Demšar, JMLR 2006, table 6: AUC of C4.5 and its variants with m, with cf, and with both, on 14 data sets.
# One 0.975 is raised in a digit that is not printed: the paper ranks the two apart.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.97501, 0.975], [0.957, 0.978, 0.946, 0.970],
    ]
)  # fmt: skip


def test_the_worked_example_of_demsar_comes_out():
    found = rank_methods(DEMSAR)
    np.testing.assert_allclose(found.average, [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    assert found.blocks == 14
    # The paper's 9.28 does not correct for ties, scipy's does.
    uncorrected = 12 * 14 / (4 * 5) * ((found.average**2).sum() - 4 * 25 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.01)
    assert found.statistic >= uncorrected
    assert rank_methods(DEMSAR, level=0.05).critical_difference == pytest.approx(1.25, abs=0.01)
    assert rank_methods(DEMSAR, level=0.10).critical_difference == pytest.approx(1.12, abs=0.01)
    assert found.cliques() == ((3, 1, 2, 0),)  # 1.18 apart at most


def test_after_friedman_it_is_nemenyis_test_of_scikit_posthocs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "agg")
        scikit_posthocs = pytest.importorskip("scikit_posthocs")
    expected = scikit_posthocs.posthoc_nemenyi_friedman(DEMSAR).to_numpy()
    np.testing.assert_allclose(rank_methods(DEMSAR).pairwise, expected, atol=1e-6)
    assert rank_methods(DEMSAR).statistic == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).statistic)


def test_bars_join_methods_that_do_not_differ():
    values = np.tile([4.0, 3.0, 2.0, 1.0], (40, 1))
    assert rank_methods(values).cliques() == ()
    values = np.tile([4.0, 4.0, 2.0, 2.0], (40, 1))
    assert rank_methods(values).cliques() == ((0, 1), (2, 3))


def test_lower_values_can_be_the_better_ones():
    np.testing.assert_allclose(rank_methods(DEMSAR, lower=True).average, 5 - rank_methods(DEMSAR).average)


def test_equal_methods_rank_equally_and_do_not_differ():
    found = rank_methods(np.ones((5, 3)))
    assert found.average.tolist() == [2, 2, 2]
    assert np.isnan(found.p)
    np.testing.assert_allclose(found.pairwise, 1)


def test_a_ranking_needs_two_methods_and_a_whole_block():
    with pytest.raises(InputError, match="two methods"):
        rank_methods(np.ones((5, 1)))
    with pytest.raises(InputError, match="two methods"):
        rank_methods(np.full((5, 2), np.nan))


def test_the_table_ranks_each_encoder_and_all_together():
    lines = [
        {"encoder": e, "method": m, "class_name": c, "is_group": False, "value": v, "baseline": 0.5}
        for e in ("x", "y")
        for c in "abc"
        for m, v in (("better", 0.6), ("worse", 0.4))
    ]
    table = rank_table(pd.DataFrame(lines), baseline="baseline")
    assert table["encoder"].tolist() == ["x"] * 3 + ["y"] * 3 + ["all"] * 3
    assert table["method"].tolist() == ["better", "baseline", "worse"] * 3
    assert table["average_rank"].tolist() == [1, 2, 3] * 3
    assert table["blocks"].tolist() == [3] * 6 + [6] * 3
