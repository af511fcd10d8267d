from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from tailprobe.comparison.correction import adjust


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_statsmodels(p):
    with mock.patch("gc.collect"):  # multipletests collects garbage in each call, 0.1 s in a process of many modules
        expected = multipletests(p, method="holm")[1]
    np.testing.assert_allclose(adjust(np.array(p)), expected, atol=1e-12)


def test_what_was_not_tested_costs_nothing():
    assert adjust(np.array([np.nan, 0.02, np.nan])).tolist()[1] == 0.02
    assert np.isnan(adjust(np.full(3, np.nan))).all()
