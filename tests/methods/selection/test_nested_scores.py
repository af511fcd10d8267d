"""Out-of-fold scores: what methods of one training part share, and what the folds depend on."""

import numpy as np

from method_examples import given, labels_of, vectors_of
from tailprobe.learners.memo import Memo
from tailprobe.methods.selection.nested_scores import draw_folds, out_of_fold


def test_scores_are_shared_by_methods_of_a_training_part_and_do_not_depend_on_who_asks() -> None:
    labels, memo = labels_of("single-label"), Memo()
    one, two = (given(labels, np.random.default_rng(s), vectors_of(labels)) for s in (1, 2))
    shared = out_of_fold(one.sharing(memo), 3)
    assert out_of_fold(two.sharing(memo), 3) is shared
    np.testing.assert_array_equal(out_of_fold(two, 3), shared)
    assert out_of_fold(two.sharing(memo), 4) is not shared


def test_folds_follow_the_rows_and_the_seed_and_are_even() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 6))
    order = np.random.default_rng(1).permutation(50)
    folds = draw_folds(rows, 5, 0)
    assert np.bincount(folds).tolist() == [10] * 5
    np.testing.assert_array_equal(draw_folds(rows[order], 5, 0), folds[order])
    assert (draw_folds(rows, 5, 1) != folds).any()
