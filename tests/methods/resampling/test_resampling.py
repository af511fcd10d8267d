"""Undersampling and oversampling: counts, distinct images, and imbalanced-learn's sizes."""

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler

from method_examples import bound, labels_of, plan_of
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.plan import summarise_plan
from tailprobe.learners.training_set import TrainingSet


def test_undersampling_reaches_the_count_and_draws_no_image_twice() -> None:
    labels = labels_of("multi-label", rows=500)
    plan = plan_of("undersample(20)", labels)
    summary = summarise_plan(plan, labels)
    rows = plan.stages[0].rows
    assert len(np.unique(rows)) == len(rows) == summary.rows == summary.distinct_images
    assert (summary.counts >= np.minimum(labels.counts, 20)).all()


def test_sizes_of_single_label_resamplings_are_those_of_imbalanced_learn() -> None:
    labels = labels_of("single-label")
    classes, empty = labels.matrix.argmax(axis=1), np.zeros((len(labels), 1))
    for text, sampler in [("undersample(smallest)", RandomUnderSampler), ("oversample(largest)", RandomOverSampler)]:
        theirs = np.bincount(sampler(random_state=0).fit_resample(empty, classes)[1])
        assert summarise_plan(plan_of(text, labels), labels).counts.tolist() == theirs.tolist()


def test_undersampling_with_replacement_draws_exactly_the_count_of_a_class() -> None:
    labels = labels_of("single-label")
    for word in ("yes", "true"):
        plan = plan_of(f"undersample(98, replacement={word})", labels)
        assert summarise_plan(plan, labels).counts.tolist() == [98] * 5


@pytest.mark.parametrize("strategy", ["joint", "per-class"])
def test_oversampling_keeps_every_image_and_reaches_the_count(strategy: str) -> None:
    labels = labels_of("multi-label", rows=500)
    summary = summarise_plan(plan_of(f"oversample(300, strategy={strategy})", labels), labels)
    assert summary.distinct_images == len(labels)
    assert (summary.counts >= np.maximum(labels.counts, 300)).all()


def test_oversampling_each_class_alone_joins_lists_of_the_count() -> None:
    labels = labels_of("multi-label", rows=500)
    expected = np.maximum(labels.counts, 300).sum() + (~labels.matrix.any(axis=1)).sum()
    assert len(plan_of("oversample(300, strategy=per-class)", labels).stages[0].rows) == expected


@pytest.mark.parametrize("text", ["undersample(10)", "k_centre(10)"])
def test_images_without_a_class_are_one_more_group(text: str) -> None:
    labels = Labels.from_tags([["a"]] * 30 + [[]] * 50 + [["b"]] * 5)
    vectors = np.random.default_rng(0).standard_normal((85, 3)).astype(np.float32)
    train = TrainingSet(labels, np.array([False, True]), np.random.default_rng(0), vectors)
    rows = bound(text).learner(train).stages[0].rows
    assert (~labels.matrix[rows].any(axis=1)).sum() == 10


@pytest.mark.parametrize(
    ("rule", "expected"), [("smallest", 10), ("largest", 200), ("low-frequency", 15), ("median", 60), (7, 7)]
)
def test_count_rules_mean_what_they_say(rule: str | int, expected: int) -> None:
    matrix = np.zeros((200, 5), dtype=bool)
    for c, count in enumerate((200, 100, 60, 20, 10)):
        matrix[:count, c] = True
    labels = Labels(matrix, tuple("abcde"), "multi-label")
    for name in ("undersample", "k_centre", "oversample"):
        assert plan_of(f"{name}({rule})", labels).target_count == expected


@pytest.mark.parametrize(
    "text",
    ["undersample", "undersample(0)", "undersample(often)", "oversample(1.5)", "oversample(9, strategy=both)",
     "undersample(2, 3, 4)", "oversample(1000000000000)", "smote(-3)", "undersample(3, replacement=perhaps)"],
)  # fmt: skip
def test_wrong_arguments_are_the_users_error(text: str) -> None:
    with pytest.raises(InputError, match=r"undersample|oversample|smote|images per class"):
        plan_of(text, labels_of("single-label"))
