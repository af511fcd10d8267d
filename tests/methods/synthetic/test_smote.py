"""SMOTE: each row lies between an image and one of its nearest neighbours; counts as imbalanced-learn's."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE

from method_examples import bound, labels_of, plan_of, vectors_of
from tailprobe.labels import Labels
from tailprobe.learners.plan import TrainingPlan, summarise_plan
from tailprobe.learners.training_set import TrainingSet


def is_between_neighbours(row: np.ndarray, images: np.ndarray, k: int) -> bool:
    """Say whether a row is x + u (x' - x) for an image x, 0 <= u <= 1 and x' among the k nearest to x."""
    for i, x in enumerate(images):
        distances = np.linalg.norm(images - x, axis=1)
        distances[i] = np.inf
        for j in np.argsort(distances)[:k]:
            direction = images[j] - x
            u = (row - x) @ direction / (direction @ direction)
            if -1e-5 <= u <= 1 + 1e-5 and np.allclose(x + u * direction, row, atol=1e-4):
                return True
    return False


@pytest.mark.parametrize("k", [1, 3, 5])
def test_every_row_lies_between_an_image_and_one_of_its_k_nearest(k: int) -> None:
    labels = labels_of("single-label")
    vectors, plan = vectors_of(labels).astype(np.float64), plan_of(f"smote(40, {k})", labels)
    assert plan.synthetic is not None
    assert len(plan.synthetic.vectors)
    for row, carried in zip(plan.synthetic.vectors, plan.synthetic.labels, strict=True):
        assert is_between_neighbours(row, vectors[labels.matrix[:, carried.argmax()]], k)


def test_counts_are_those_of_imbalanced_learn() -> None:
    labels = labels_of("single-label")
    classes = labels.matrix.argmax(axis=1)
    theirs = np.bincount(SMOTE(random_state=0, k_neighbors=3).fit_resample(vectors_of(labels), classes)[1])
    plan = plan_of("smote(largest, 3)", labels)
    summary = summarise_plan(plan, labels)
    assert summary.counts.tolist() == theirs.tolist()
    assert summary.distinct_images == len(labels)
    assert summary.synthetic_rows == theirs.sum() - len(labels)


def test_every_image_of_a_class_is_the_origin_of_as_many_rows_but_one() -> None:
    """Origins come in turn, as in the paper; with one neighbour each row lies near its origin's segment."""
    labels = Labels.from_tags([["a"]] * 2 + [["b"]] * 40, kind="single-label")
    vectors = np.zeros((42, 2), np.float32)
    vectors[1, 0] = 1
    train = TrainingSet(labels, np.array([True, False]), np.random.default_rng(0), vectors)
    plan = bound("smote(largest, 9)").learner(train)
    assert isinstance(plan, TrainingPlan)
    assert plan.synthetic is not None
    assert len(plan.synthetic.vectors) == 38
    assert (np.abs(plan.synthetic.vectors[:, 0] - 0.5) <= 0.5).all()
    assert (plan.synthetic.vectors[:, 1] == 0).all()


def test_a_class_of_one_image_repeats_it() -> None:
    labels = Labels.from_tags([["a"]] + [["b"]] * 5, kind="single-label")
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2)
    plan = bound("smote").learner(TrainingSet(labels, np.array([True, False]), np.random.default_rng(0), vectors))
    assert isinstance(plan, TrainingPlan)
    assert plan.synthetic is not None
    np.testing.assert_array_equal(plan.synthetic.vectors, np.repeat(vectors[:1], 4, axis=0))


def test_where_no_class_falls_short_the_plan_is_the_baselines() -> None:
    labels = labels_of("single-label")
    plan = plan_of("smote(smallest)", labels)
    assert plan.synthetic is None
    assert plan.digest() == plan_of("baseline", labels).digest()
