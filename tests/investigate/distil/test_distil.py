"""`distil` finds that few rows are enough where they are, and that they are not where each image counts."""

import numpy as np
import pytest

from investigate.collections import QUICK, gaussian_material
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.investigate.distil.answer import DistilAnswer, fewest_rows, investigate_distil
from tailprobe.investigate.distil.synthetic import TrainingPart
from tailprobe.labels import Labels


@pytest.fixture(scope="module")
def easy() -> DistilAnswer:
    """Two classes of one far centre each: one row of each is enough."""
    material = gaussian_material({"field": 100, "mine": 60}, distance=6.0)
    return investigate_distil(material, [], QUICK, rows=(1, 10), names=["means", "mmd"])


def test_far_classes_take_one_row_each(easy: DistilAnswer) -> None:
    assert easy.fewest(easy.groups["means"]["all"]) == 1
    assert "means, low-frequency classes: 1 row(s) a class reach the average precision" in " ".join(
        easy.finding().answers
    )


def test_where_each_image_counts_one_at_random_is_not_enough() -> None:
    material = gaussian_material({"a": 80, "b": 80, "c": 40}, distance=1.5, width=12)
    answer = investigate_distil(material, [], QUICK, rows=(1, 5), names=["means"])
    assert answer.fewest(answer.groups["random"]["all"]) is None
    table = answer.finding().tables["distil_beside_random"]
    first = table[(table["group"] == "all") & (table["rows_a_class"] == 1)].iloc[0]
    assert first["simultaneous_low"] > 0, "the class's mean says more than one image at random"


def test_both_tables_hold_every_case(easy: DistilAnswer) -> None:
    tables = easy.finding().tables
    assert len(tables["distil"]) == 3 * 3 * 2
    assert len(tables["distil_beside_random"]) == 2 * 3 * 2
    assert (tables["distil"]["simultaneous_low"] <= tables["distil"]["difference"]).all()


def test_the_number_is_lowered_until_it_fails() -> None:
    assert fewest_rows((1, 2, 5), ["no relevant loss", "open", "no relevant loss"]) == 5
    assert fewest_rows((1, 2, 5), ["no relevant loss"] * 3) == 1
    assert fewest_rows((1, 2, 5), ["no relevant loss"] * 2 + ["loss"]) is None


def test_other_classes_keep_their_images_and_their_terms() -> None:
    tags = [["a"], ["a", "b"], ["b"], [], ["a"], ["b"]]
    labels = Labels.from_tags(tags, classes=["a", "b"], kind="multi-label")
    vectors = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    embeddings, _ = from_arrays(vectors, labels)
    part = TrainingPart(embeddings, labels.matrix, np.arange(6), np.array([True, False]), seed=0)
    (plan,) = part.plans("random", [2])
    (stage,) = plan.stages
    assert stage.rows.tolist() == [1, 2, 3, 5, 6, 7]
    assert stage.draws == 6
    assert stage.row_weights is not None
    assert stage.row_weights[[1, 2, 3, 5, 6, 7]].tolist() == [[0, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1]]
    assert plan.synthetic is not None
    assert plan.synthetic.labels[:, 0].all()
    distances = np.linalg.norm(plan.synthetic.vectors[:, None] - vectors[labels.matrix[:, 0]], axis=2)
    np.testing.assert_allclose(distances.min(axis=1), 0, atol=1e-5)


def test_all_classes_leave_no_image_and_add_rows_of_no_class() -> None:
    labels = Labels.from_tags([["a"], ["b"], [], [], ["a"]], classes=["a", "b"], kind="multi-label")
    vectors = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    embeddings, _ = from_arrays(vectors, labels)
    part = TrainingPart(embeddings, labels.matrix, np.arange(5), np.array([True, True]), seed=0)
    (plan,) = part.plans("random", [1])
    assert plan.stages[0].rows.tolist() == [5, 6, 7]
    assert plan.synthetic is not None
    assert plan.synthetic.labels.tolist() == [[True, False], [False, True], [False, False]]
