"""Plans with fewer images of one class."""

import numpy as np

from tailprobe.investigate.size.subsets import plan_with_fewer, steps_down
from tailprobe.labels import Labels


def test_steps_halve_down_to_one() -> None:
    assert steps_down(24) == (1, 2, 3, 6, 12, 24)
    assert steps_down(2) == (1, 2)


def test_single_label_images_that_are_not_kept_are_left_out() -> None:
    labels = Labels.from_tags([["a"], ["b"], ["a"], ["b"], ["a"]], kind="single-label")
    (stage,) = plan_with_fewer(labels, 0, np.array([2])).stages
    assert stage.rows.tolist() == [1, 2, 3]
    assert stage.row_weights is None


def test_an_image_that_carries_another_class_stays_for_that_class_alone() -> None:
    labels = Labels.from_tags([["a", "b"], ["a"], ["a", "b"], ["b"], []])
    (stage,) = plan_with_fewer(labels, 0, np.array([2])).stages
    assert stage.rows.tolist() == [0, 2, 3, 4]
    assert stage.row_weights is not None
    assert stage.row_weights[[0, 2, 3, 4]].tolist() == [[0, 1], [1, 1], [1, 1], [1, 1]]
