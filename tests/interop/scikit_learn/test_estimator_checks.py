"""Classifiers pass scikit-learn's own checks of estimators."""

from collections.abc import Callable

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import estimator_checks_generator

from tailprobe.interop.scikit_learn import ImbalanceClassifierCV, MethodClassifier
from tailprobe.learners.recipe import Recipe

RECIPE = Recipe(epochs=30, width=16, learning_rate=0.01)
CHECKED = [
    MethodClassifier("baseline", recipe=RECIPE),
    MethodClassifier("logistic"),
    ImbalanceClassifierCV("logistic", seeds=2, recipe=RECIPE),
]


def pairs() -> list[tuple[BaseEstimator, Callable[[BaseEstimator], None]]]:
    return [pair for estimator in CHECKED for pair in estimator_checks_generator(estimator)]


def name(one: object) -> str:
    return one.func.__name__ if hasattr(one, "func") else f"{type(one).__name__}-{getattr(one, 'method', '')}"


@pytest.fixture(autouse=True)
def parameters_are_checked_in_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the run-time type checks of these tests off constructors, which take anything, as scikit-learn asks."""
    for classifier in (MethodClassifier, ImbalanceClassifierCV):
        monkeypatch.setattr(classifier, "__init__", classifier.__init__.__wrapped__)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:no methods were compared")  # most of its data are balanced
@pytest.mark.parametrize(("estimator", "check"), pairs(), ids=name)
def test_checks_of_scikit_learn_pass(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)
