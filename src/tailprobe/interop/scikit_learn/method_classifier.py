"""MethodClassifier: one method's head as a classifier."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.frequency import classes_matching
from tailprobe.interop.random_state import seed_of
from tailprobe.interop.scikit_learn.base import HeadClassifier
from tailprobe.interop.scikit_learn.targets import TrainingArrays, held_out_rows, training_arrays
from tailprobe.learners.head import Head
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_method
from tailprobe.methods.method import Method
from tailprobe.randomness import generator
from tailprobe.training.engine import train
from tailprobe.training.task import HeadKey, HeadTask


class MethodClassifier(HeadClassifier):
    """Fits one method to embeddings, as an engine of tailprobe does for one seed of a study.

    Args:
        method: any, e.g. `logistic`, `oversample(largest) + focal(2)`; see `tailprobe methods`.
        recipe: how heads of gradient descent are trained; `Recipe()` by default.
        validation: share of each class that is held out to choose the epoch and to fit corrections.
        low_frequency: which classes count as rare, see `tailprobe.frequency`.
        standardise: whether embeddings are scaled by mean and deviation of the training rows.
        random_state: of the validation rows, the method, initialisation and order.

    >>> X = np.array([[0.0], [0.1], [1.0], [1.1]] * 5)
    >>> MethodClassifier("logistic", random_state=0).fit(X, ["a", "a", "b", "b"] * 5).predict([[0.0], [1.2]]).tolist()
    ['a', 'b']
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn reads it from the class
        "method": [str, Method],
        "recipe": [Recipe, None],
        "validation": [Interval(Real, 0, 1, closed="neither")],
        "low_frequency": [str],
        "standardise": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        method: str | Method = "baseline",
        *,
        recipe: Recipe | None = None,
        validation: float = 0.2,
        low_frequency: str = "percentile(25)",
        standardise: bool = False,
        random_state: Any = None,  # noqa: ANN401 - as scikit-learn's
    ) -> None:
        self.method = method
        self.recipe = recipe
        self.validation = validation
        self.low_frequency = low_frequency
        self.standardise = standardise
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "MethodClassifier":  # noqa: ANN401 - array-like
        """Fit the head.

        Raises:
            InputError: a method or recipe that does not fit the data.
            ValueError: X or y that cannot be used.
        """
        self._validate_params()
        given = training_arrays(self, X, y)
        self.head_ = self.head_of(given)
        self.classes_ = given.classes
        self.thresholds_ = None if given.labels.kind == "single-label" else np.full(len(given.classes), 0.5)
        return self

    def head_of(self, given: TrainingArrays) -> Head:
        """Return the head fitted to arrays that are checked."""
        seed, method = seed_of(self.random_state), parse_method(self.method)
        rows, validation = held_out_rows(given.labels, self.validation, generator(seed, "validation"))
        low = classes_matching(given.labels, self.low_frequency)
        rng, vectors = generator(seed, "plan", str(method)), given.vectors[rows]
        learner = method.learner(TrainingSet(given.labels.rows(rows), low, rng, vectors))
        key = HeadKey("arrays", str(method), seed)
        task = HeadTask(key, learner, self.recipe or Recipe(), rows, validation, self.standardise)
        stored, _ = from_arrays(given.vectors, given.labels, standardise=self.standardise)
        return train({"arrays": stored}, given.labels, [task])[key].head
