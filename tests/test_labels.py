"""Labels of which some are not known: what the matrix says there has no influence on anything."""

import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.labels import Labels

KNOWN = np.array([[True, False, True], [True, True, True], [False, True, True]])


def masked(*, hidden: bool) -> Labels:
    matrix = np.array([[True, hidden, False], [False, True, True], [hidden, False, True]])
    return Labels(matrix, ("a", "b", "c"), "multi-label", KNOWN)


def test_what_the_matrix_says_of_unknown_labels_is_hidden() -> None:
    one, other = masked(hidden=True), masked(hidden=False)
    np.testing.assert_array_equal(one.matrix, other.matrix)
    assert one.digest() == other.digest()
    assert one.counts.tolist() == [1, 1, 2]
    assert one.unknown_counts.tolist() == [1, 1, 0]
    assert one.known_counts.tolist() == [2, 2, 3]


def test_the_digest_says_which_labels_are_known() -> None:
    assert masked(hidden=False).digest() != Labels(masked(hidden=False).matrix, ("a", "b", "c"), "multi-label").digest()


def test_rows_and_columns_keep_the_mask() -> None:
    fewer = masked(hidden=False).rows(np.array([2, 0])).columns(np.array([1, 0]))
    assert fewer.known is not None
    assert fewer.known.tolist() == [[True, False], [False, True]]
    assert masked(hidden=False).rows(np.array([1])).known is None, "of a row that is known whole there is no mask"


def test_tags_may_be_unknown() -> None:
    labels = Labels.from_tags([["a"], []], classes=["a", "b"], unknown=[["b"], []])
    assert labels.known is not None
    assert labels.known.tolist() == [[True, False], [True, True]]


def test_single_label_images_have_no_unknown_labels() -> None:
    with pytest.raises(InputError, match="single-label images cannot have unknown labels"):
        Labels(np.eye(2, dtype=bool), ("a", "b"), "single-label", np.array([[True, False], [True, True]]))


def test_some_classes_of_single_label_images_are_multi_label():
    labels = Labels(np.eye(3, dtype=bool), ("a", "b", "c"), "single-label")
    some = labels.one_vs_rest(np.array([2, 0]))
    assert (some.kind, some.classes) == ("multi-label", ("c", "a"))
    assert some.matrix.tolist() == [[False, True], [False, False], [True, False]]
    assert labels.columns(np.array([1, 0, 2])).kind == "single-label"
    with pytest.raises(InputError, match="carries 0 classes"):
        labels.columns(np.array([2, 0]))
