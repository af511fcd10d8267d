import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.scores.shots import frequency_thirds, shot_groups, shot_means


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_thirds_share_the_classes_out_from_the_most_frequent_to_the_rarest(counts):
    counts = np.array(counts)
    thirds = frequency_thirds(counts)
    assert (thirds.sum(axis=0) == 1).all()
    assert thirds[0].sum() == thirds[2].sum() == len(counts) // 3
    for upper, lower in ((0, 1), (1, 2), (0, 2)):
        if thirds[upper].any() and thirds[lower].any():
            assert counts[thirds[upper]].min() >= counts[thirds[lower]].max()


def test_an_average_leaves_out_what_is_not_defined_and_is_missing_without_classes():
    means = shot_means(np.array([0.2, 0.4, np.nan]), np.array([200, 300, 5]))
    np.testing.assert_array_equal(means, [0.30000000000000004, np.nan, np.nan])


def test_a_class_is_of_one_group():
    assert (shot_groups(np.arange(200)).sum(axis=0) == 1).all()
    with pytest.raises(InputError, match="above many"):
        shot_groups(np.arange(3), few=100, many=20)
