"""Methods as samplers of imbalanced-learn: `pip install 'tailprobe[imbalanced-learn]'`."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix, issparse, vstack
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from tailprobe.errors import InputError
from tailprobe.frequency import classes_matching
from tailprobe.interop.arrays import multi_labels, single_labels
from tailprobe.interop.random_state import seed_of
from tailprobe.labels import Labels
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_method
from tailprobe.methods.method import BoundMethod, Method
from tailprobe.randomness import generator
from tailprobe.training.draws import rows_of_epoch

try:
    from imblearn.base import BaseSampler
except ImportError:
    raise InputError("this module needs a package: pip install 'tailprobe[imbalanced-learn]'") from None


class MethodSampler(BaseSampler):  # type: ignore[misc]
    """A method that selects, repeats or adds rows, as a sampler.

    Methods that weigh, change the loss, train in stages, correct or replace the head are refused, with the reason: what
    they do is not in the rows.

    Args:
        method: e.g. `oversample(largest)`, `smote(largest, 5)`, `near_miss(12, 2)`; see `tailprobe methods`.
        low_frequency: which classes count as rare, see `tailprobe.frequency`; methods that do not ask ignore it.
        multi_label: whether y is an indicator matrix whose rows may have several classes or none. Without it, a matrix
            is one class a row, one column for each, as imbalanced-learn has it.
        random_state: a whole number gives the rows of the study's seed of that number, where the method reads labels
            alone.

    Attributes:
        sample_indices_: (M,) rows of X, -1 for a row that was added.
        sampling_strategy_: rows of each class before resampling, by class.

    >>> X, y = np.arange(12.0).reshape(6, 2), np.array(["forest"] * 5 + ["mine"])
    >>> MethodSampler("oversample(largest)", random_state=0).fit_resample(X, y)[1].tolist().count("mine")
    5
    """

    _sampling_type = "bypass"
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn reads it from the class
        "method": [str, Method],
        "low_frequency": [str],
        "multi_label": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        method: str | Method = "oversample(largest)",
        *,
        low_frequency: str = "percentile(25)",
        multi_label: bool = False,
        random_state: Any = None,  # noqa: ANN401 - as scikit-learn's
    ) -> None:
        super().__init__()
        self.method = method
        self.low_frequency = low_frequency
        self.multi_label = multi_label
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "MethodSampler":  # noqa: ANN401 - arrays, DataFrames, sparse matrices
        """Check the rows; raises as `fit_resample`."""
        self._validate_params()
        check_classification_targets(y)
        self._read(X, y)
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: ANN401 - as `fit`
        """Return the rows that one epoch of the method draws, in the form in which X and y come.

        Raises:
            InputError: a method that is more than a choice of rows, or that is not defined for these labels.
            ValueError: X and y that do not fit, or a single class.
        """
        self._validate_params()
        if not self.multi_label:
            check_classification_targets(y)
            return super().fit_resample(X, y)
        from imblearn.utils._validation import ArraysTransformer

        transformer = ArraysTransformer(X, y)
        rows, targets = self._read(X, y)
        made, labels = self._resampled(rows, multi_labels(targets))
        return transformer.transform(made, labels.matrix.astype(targets.dtype))

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: ANN401 - checked by the base class
        classes, places = np.unique(y, return_inverse=True)
        made, labels = self._resampled(X, single_labels(places, classes))
        return made, classes[labels.matrix.argmax(axis=1)]

    def _read(self, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: ANN401 - as `fit`
        if not self.multi_label:
            rows, targets, _ = self._check_X_y(X, y)
            if len(np.unique(targets)) < 2:
                raise ValueError("y holds a single class; nothing can be balanced")
            return rows, targets
        if type_of_target(y) not in ("multilabel-indicator", "binary") or np.ndim(y) != 2:
            raise InputError(f"multi_label=True: expected an indicator matrix, got y of type {type_of_target(y)}")
        return _validated(self, X, y)

    def _resampled(self, X: Any, labels: Labels) -> tuple[Any, Labels]:  # noqa: ANN401 - an array or a sparse matrix
        """Return rows and labels, and note what was done."""
        if len(labels.classes) < 2:
            raise ValueError("y holds a single class; nothing can be balanced")
        self.sampling_strategy_ = dict(zip(labels.classes, labels.counts.tolist(), strict=True))
        method, seed = parse_method(self.method), seed_of(self.random_state)
        plan = self._plan(method, X, labels, seed)
        stage = plan.stages[0]
        drawn = stage.rows if stage.draws is None else rows_of_epoch(stage, 0, seed=seed, index=0)
        self.sample_indices_ = np.where(drawn < len(labels), drawn, -1)
        if plan.synthetic is None:
            return X[drawn], labels.rows(drawn)
        matrix = np.concatenate([labels.matrix, plan.synthetic.labels])
        return _joined(X, plan.synthetic.vectors)[drawn], Labels(matrix[drawn], labels.classes, labels.kind)

    def _plan(self, method: BoundMethod, X: Any, labels: Labels, seed: int) -> TrainingPlan:  # noqa: ANN401
        low = classes_matching(labels, self.low_frequency)
        vectors = _dense(X) if method.needs else None
        learner = method.learner(TrainingSet(labels, low, generator(seed, "plan", str(method)), vectors))
        problem = sampling_problem(learner)
        if problem is not None or not isinstance(learner, TrainingPlan):
            raise InputError(f"method {method} is not a sampler: {problem}")
        return learner

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - a class of scikit-learn
        tags = super().__sklearn_tags__()
        tags.sampler_tags.sample_indices = True
        return tags


def sampling_problem(learner: Learner) -> str | None:
    """Return why a learner is more than a selection of rows, None if it is not.

    >>> from tailprobe.learners.plan import Stage
    >>> sampling_problem(TrainingPlan((Stage(np.arange(3), row_weights=np.array([1.0, 1.0, 2.0])),)))
    'it weighs the loss of rows'
    """
    if isinstance(learner, Ensemble):
        return "it trains several heads and averages them"
    if not isinstance(learner, TrainingPlan):
        return "it fits a head of its own"
    if len(learner.stages) > 1:
        return "it trains in stages"
    stage = learner.stages[0]
    changes = {
        "it changes the loss": not stage.loss.is_plain or stage.loss.link == "softmax",
        "it weighs the loss of rows": _weighs(stage),
        "it changes the recipe of training": bool(learner.recipe_changes) or learner.optimiser != Optimiser(),
        "it corrects the trained head": learner.adjustment is not None,
    }
    return next((reason for reason, holds in changes.items() if holds), None)


def _weighs(stage: Stage) -> bool:
    return stage.row_weights is not None and bool((stage.row_weights != 1).any())


def _dense(X: Any) -> Float[np.ndarray, "N D"]:  # noqa: ANN401 - an array or a sparse matrix
    sparse: bool = issparse(X)
    return np.asarray(X.toarray() if sparse else X, dtype=np.float32)


def _joined(X: Any, made: Float[np.ndarray, "S D"]) -> Any:  # noqa: ANN401 - of X's type
    sparse: bool = issparse(X)
    if sparse:
        return vstack([X, csr_matrix(made.astype(X.dtype))], format=X.format)
    return np.concatenate([X, made.astype(X.dtype)])


def _validated(sampler: BaseSampler, X: Any, y: Any) -> tuple[Any, Int[np.ndarray, "N C"]]:  # noqa: ANN401
    from sklearn.utils.validation import check_array, validate_data

    rows = validate_data(sampler, X, reset=True, accept_sparse=["csr", "csc"])
    targets = check_array(y, dtype=None, accept_sparse=False)
    if len(targets) != rows.shape[0]:
        raise InputError(f"X has {rows.shape[0]} rows and y {len(targets)}; expected one for each")
    return rows, targets
