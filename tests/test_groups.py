import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.groups import GROUPS, group_members, head_medium_tail


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_thirds_share_the_classes_out_from_the_most_frequent_to_the_rarest(counts):
    counts = np.array(counts)
    thirds = head_medium_tail(counts)
    assert (thirds.sum(axis=0) == 1).all()
    assert thirds[0].sum() == thirds[2].sum() == len(counts) // 3
    for upper, lower in ((0, 1), (1, 2), (0, 2)):
        if thirds[upper].any() and thirds[lower].any():
            assert counts[thirds[upper]].min() >= counts[thirds[lower]].max()


def test_a_class_is_in_all_in_one_group_of_the_rule_and_in_one_third():
    low = np.array([True, False, False, True, False])
    members = dict(zip(GROUPS, group_members(np.array([3, 90, 40, 1, 7]), low), strict=True))
    assert members["all"].all()
    assert members["low-frequency"].tolist() == low.tolist()
    assert members["remaining"].tolist() == (~low).tolist()
    assert members["head"].tolist() == [False, True, False, False, False]
    assert members["tail"].tolist() == [False, False, False, True, False]
