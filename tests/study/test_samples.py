import numpy as np

from tailprobe.study.samples import sample_rows


def test_every_class_is_shown_rare_ones_first():
    generator = np.random.default_rng(0)
    matrix = generator.random((300, 6)) < [0.9, 0.5, 0.3, 0.05, 0.03, 0.0]
    low = np.array([False, False, False, True, True, True])
    rows = sample_rows(matrix, low, number=12, generator=np.random.default_rng(1))
    assert len(rows) == len(set(rows.tolist())) == 12
    assert matrix[rows].any(axis=0).tolist() == [True] * 5 + [False]
    rarest = min((3, 4), key=lambda c: matrix[:, c].sum())
    assert matrix[rows[0], rarest]
    again = sample_rows(matrix, low, number=12, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(rows, again)


def test_no_more_rows_are_chosen_than_there_are():
    matrix = np.ones((2, 1), dtype=bool)
    rows = sample_rows(matrix, np.array([False]), number=9, generator=np.random.default_rng(0))
    assert sorted(rows.tolist()) == [0, 1]
