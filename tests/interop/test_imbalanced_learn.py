"""Methods as samplers of imbalanced-learn."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import estimator_checks_generator
from sklearn.linear_model import LogisticRegression

from method_examples import EXAMPLES, bound, labels_of, training_set, vectors_of
from tailprobe.errors import InputError
from tailprobe.interop.arrays import single_labels
from tailprobe.interop.imbalanced_learn import MethodSampler, sampling_problem
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.resampling.oversample import oversample
from tailprobe.randomness import generator
from tailprobe.training.draws import rows_of_epoch

# One that repeats, one that drops, one that draws at random, one that reads embeddings, one that adds rows.
CHECKED = [
    MethodSampler("oversample(largest)", random_state=0),
    MethodSampler("undersample(smallest)", random_state=0),
    MethodSampler("class_balanced", random_state=0),
    MethodSampler("herding(100)", random_state=0),
    MethodSampler("smote(largest, 5)", random_state=0),
]
NAMES = np.array(["forest", "road", "river", "mine", "dam"])


@pytest.mark.parametrize(  # what parametrize_with_checks does, whose generator pytest warns of
    ("estimator", "check"),
    [pair for estimator in CHECKED for pair in estimator_checks_generator(estimator)],
    ids=lambda one: one.func.__name__ if hasattr(one, "func") else one.method,
)
def test_checks_of_imbalanced_learn_pass(estimator: MethodSampler, check: Callable[[MethodSampler], None]) -> None:
    check(estimator)


def arrays(kind: str) -> tuple[np.ndarray, np.ndarray]:
    labels = labels_of(kind)
    y = labels.matrix.astype(int) if kind == "multi-label" else NAMES[labels.matrix.argmax(axis=1)]
    return vectors_of(labels).astype(np.float64), y


def sampler(method: str, kind: str = "single-label") -> MethodSampler:
    return MethodSampler(method, multi_label=kind == "multi-label", low_frequency="percentile(40)", random_state=3)


@pytest.mark.slow
@pytest.mark.parametrize("method", EXAMPLES)
@pytest.mark.parametrize("kind", ["single-label", "multi-label"])
def test_every_method_is_a_sampler_or_is_refused_with_the_reason(method: str, kind: str) -> None:
    if kind not in bound(method).kinds:
        pytest.skip("not defined for these labels")
    learner = bound(method).learner(training_set(labels_of(kind)))
    X, y = arrays(kind)
    problem = "the encoder has" if bound(method).needs & {"text", "parts"} else sampling_problem(learner)
    if problem is not None:
        with pytest.raises(InputError, match=problem):
            sampler(method, kind).fit_resample(X, y)
        return
    assert isinstance(learner, TrainingPlan)
    assert bound(method).family in {"baseline", "resampling", "selection", "synthetic"}
    rows, targets = sampler(method, kind).fit_resample(X, y)
    assert len(rows) == len(targets) > 0
    assert targets.dtype == y.dtype


def test_rows_are_those_that_the_engine_draws_in_the_first_epoch() -> None:
    X, y = arrays("single-label")
    made = sampler("class_balanced")
    rows, targets = made.fit_resample(X, y)
    np.testing.assert_array_equal(rows, X[made.sample_indices_])
    np.testing.assert_array_equal(targets, y[made.sample_indices_])
    classes = np.unique(y)
    labels = single_labels(np.searchsorted(classes, y), classes)
    train = TrainingSet(labels, np.zeros(5, bool), generator(3, "plan", "class_balanced"))
    stage = bound("class_balanced").learner(train).stages[0]
    np.testing.assert_array_equal(made.sample_indices_, rows_of_epoch(stage, 0, seed=3, index=0))


def test_oversampling_fills_every_class_up_to_the_largest() -> None:
    X, y = arrays("single-label")
    _, targets = sampler("oversample(largest)").fit_resample(X, y)
    assert set(np.unique(targets, return_counts=True)[1]) == {np.unique(y, return_counts=True)[1].max()}


def test_synthetic_rows_follow_the_rows_and_have_the_index_minus_one() -> None:
    X, y = arrays("single-label")
    made = sampler("smote(largest, 3)")
    rows, targets = made.fit_resample(X, y)
    np.testing.assert_array_equal(rows[: len(X)], X)
    expected = SMOTE(k_neighbors=3, random_state=0).fit_resample(X, y)[1]
    np.testing.assert_array_equal(np.unique(targets, return_counts=True), np.unique(expected, return_counts=True))
    np.testing.assert_array_equal(made.sample_indices_[: len(X)], np.arange(len(X)))
    assert (made.sample_indices_[len(X) :] == -1).all()


def test_a_multi_label_indicator_comes_back_as_one_with_its_rows() -> None:
    X, y = arrays("multi-label")
    made = sampler("ml_ros(0.3)", "multi-label")
    rows, targets = made.fit_resample(pd.DataFrame(X, columns=[f"x{i}" for i in range(6)]), pd.DataFrame(y))
    assert isinstance(rows, pd.DataFrame)
    np.testing.assert_array_equal(targets.to_numpy(), y[made.sample_indices_])
    assert len(rows) > len(X)
    assert targets.to_numpy()[:, 4].mean() > y[:, 4].mean()


def test_a_sampler_stands_in_a_pipeline_and_a_method_may_be_given_as_it_is() -> None:
    X, y = arrays("single-label")
    model = make_pipeline(
        MethodSampler(oversample, random_state=0).set_params(method="oversample(largest)"),
        LogisticRegression(max_iter=500),
    )
    assert model.fit(X, y).score(X, y) > 0.6


@pytest.mark.parametrize(
    ("method", "y", "reason"),
    [
        ("paper", [0, 1] * 10, "names 9 methods"),
        ("focal(2)", [0, 1] * 10, "it changes the loss"),
        ("reweight(2)", [0, 1] * 10, "it weighs the loss of rows"),
        ("linear", [0, 1] * 10, "it changes the recipe"),
        ("ensemble(2)", [0, 1] * 10, "averages"),
        ("oversample(largest)", [0] * 20, "more than 1 class"),
    ],
)
def test_what_cannot_be_sampled_is_refused(method: str, y: list[int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MethodSampler(method).fit_resample(np.ones((20, 2)), y)
    with pytest.raises(InputError, match="indicator matrix"):
        MethodSampler(multi_label=True).fit_resample(np.ones((4, 2)), [0, 1, 2, 1])
