"""ImbalanceClassifierCV: the comparison of methods, and the classifier that it recommends."""

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float64
from sklearn.utils._param_validation import Interval, StrOptions

from tailprobe.embeddings.precomputed.in_memory import from_arrays, images_without_pixels
from tailprobe.frequency import classes_matching
from tailprobe.interop.random_state import seed_of
from tailprobe.interop.scikit_learn.base import HeadClassifier
from tailprobe.interop.scikit_learn.method_classifier import MethodClassifier
from tailprobe.interop.scikit_learn.targets import TrainingArrays, training_arrays
from tailprobe.labels import Labels
from tailprobe.learners.head import Head
from tailprobe.learners.recipe import Recipe
from tailprobe.parts import PARTS
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.scores.mean_scores import mean_thresholds
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study
from tailprobe.use.choice import choose
from tailprobe.use.refit import refit
from tailprobe.use.study_data import StudyData

if TYPE_CHECKING:
    import pandas as pd

_ENCODER = "precomputed"  # as compare calls an array
# What is read of a run before its temporary folder goes.
_KEPT = ("record", "study", "settings", "results", "classes", "method_table", "histories", "plans", "verdicts",
         "recommendation", "conclusion", "decomposition", "aspects", "trends", "best", "further")  # fmt: skip


class ImbalanceClassifierCV(HeadClassifier):
    """Compares methods on embeddings as `tailprobe.compare` does, and fits the recommended one to all rows.

    Where the comparison cannot be had, since no class is rare or one has fewer than three rows, it warns and is the
    baseline's `MethodClassifier`.

    Args:
        methods: as `--methods`; the baseline is always among them.
        metric: that verdicts are about.
        seeds: repeats, each with its own split and initialisation; rounded up to fives.
        low_frequency: which classes count as rare.
        recipe: how heads are trained; `Recipe()` by default.
        standardise: whether embeddings are scaled by the training rows.
        n_jobs: heads trained at once; one per core by default.
        folder: where the run is kept, with its page; by default nowhere.
        random_state: of the first seed.

    Attributes:
        best_method_: the recommended method, `baseline` if the study shows no difference.
        verdicts_: the table of verdicts; None if nothing was compared.
        result_: the `Run`; None if nothing was compared. Without a `folder` it has its tables, and no files.
        thresholds_: for several classes per row: means over the seeds by the metric's rule, as `f1@tuned`; else 0.5.
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn reads it from the class
        "methods": [str, "array-like"],
        "metric": [str],
        "seeds": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "low_frequency": [str],
        "recipe": [Recipe, None],
        "standardise": ["boolean"],
        "n_jobs": [Interval(Integral, 1, None, closed="left"), None],
        "folder": [str, Path, None],
        "random_state": ["random_state"],
    }

    best_method_: str
    result_: Run | None
    verdicts_: "pd.DataFrame | None"

    def __init__(
        self,
        methods: str | Sequence[str] = "recommended",
        *,
        metric: str = "average_precision",
        seeds: int | Literal["auto"] = 20,
        low_frequency: str = "percentile(25)",
        recipe: Recipe | None = None,
        standardise: bool = False,
        n_jobs: int | None = None,
        folder: str | Path | None = None,
        random_state: Any = None,  # noqa: ANN401 - as scikit-learn's
    ) -> None:
        self.methods = methods
        self.metric = metric
        self.seeds = seeds
        self.low_frequency = low_frequency
        self.recipe = recipe
        self.standardise = standardise
        self.n_jobs = n_jobs
        self.folder = folder
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None) -> "ImbalanceClassifierCV":  # noqa: ANN401 - array-like
        """Compare, choose and fit.

        Args:
            X: (N, D) embeddings.
            y: (N,) one class a row, or (N, C) an indicator matrix.
            groups: (N,) rows of one group stay in one part of each split.

        Raises:
            InputError: settings that do not fit the data.
            ValueError: X or y that cannot be used.
        """
        self._validate_params()
        given, seed = training_arrays(self, X, y), seed_of(self.random_state)
        study = self._study(seed)
        self.classes_ = given.classes
        reason = comparison_problem(given.labels, study.low_frequency)
        if reason is not None:
            warnings.warn(f"no methods were compared, and the baseline is fitted: {reason}", stacklevel=2)
            return self._fit_baseline(given, seed)
        names = None if groups is None else tuple(str(group) for group in groups)
        made = _compared(given, study, names, self.folder, self.n_jobs)
        self.head_, self.result_ = made.head, made.run
        self.best_method_, self.verdicts_ = made.method, made.run.verdicts
        self.thresholds_ = made.thresholds if given.labels.kind == "multi-label" else None
        return self

    def _study(self, seed: int) -> Study:
        return Study(
            source=_ENCODER,
            encoders=(_ENCODER,),
            methods=(self.methods,) if isinstance(self.methods, str) else tuple(self.methods),
            metric=self.metric,
            seeds=self.seeds,
            seed=seed,
            low_frequency=self.low_frequency,
            standardise=self.standardise,
            figures="none",
            recipe=self.recipe or Recipe(),
        )

    def _fit_baseline(self, given: TrainingArrays, seed: int) -> "ImbalanceClassifierCV":
        plain = MethodClassifier(
            recipe=self.recipe, low_frequency=self.low_frequency, standardise=self.standardise, random_state=seed
        )
        self.head_ = plain.head_of(given)
        self.best_method_, self.verdicts_, self.result_ = "baseline", None, None
        self.thresholds_ = np.full(len(given.classes), 0.5) if given.labels.kind == "multi-label" else None
        return self


@dataclass(frozen=True, eq=False)
class Compared:
    """What a comparison leaves."""

    run: Run
    method: str
    head: Head
    thresholds: Float64[np.ndarray, " C"]


def comparison_problem(labels: Labels, low_frequency: str) -> str | None:
    """Return why methods cannot be compared on labels, None if they can.

    Raises:
        InputError: the rule is not known.

    >>> comparison_problem(Labels.from_tags([["a"]] * 4 + [["b"]] * 2), "percentile(25)")
    'a class has 2 rows, and each of 3 parts needs one'
    """
    low = classes_matching(labels, low_frequency)
    if low.all() or not low.any():
        return f"by the rule {low_frequency} {'every' if low.all() else 'no'} class is rare"
    least = int(labels.counts.min())
    return f"a class has {least} rows, and each of {len(PARTS)} parts needs one" if least < len(PARTS) else None


def _compared(
    given: TrainingArrays, study: Study, groups: tuple[str, ...] | None, folder: str | Path | None, workers: int | None
) -> Compared:
    stored, images = from_arrays(given.vectors, given.labels, encoder=_ENCODER, standardise=study.standardise is True)
    images = images_without_pixels(images.names, given.labels, Path(_ENCODER), None, (), groups)
    place = Path(tempfile.mkdtemp(prefix="tailprobe-")) if folder is None else Path(folder)
    try:
        with tempfile.TemporaryDirectory(prefix="tailprobe-") as cache:
            run = run_study(
                study, place, Execution(cache=Path(cache), workers=workers), images=images,
                embeddings={_ENCODER: stored}, drawn=folder is not None,
            )  # fmt: skip
        for name in _KEPT:
            getattr(run, name)
        choice = choose(run)
        head = refit(run, choice, StudyData(stored, given.labels)).head
        method = choice.method if run.recommendation is None else run.recommendation.method
        return Compared(run, method, head, _thresholds(run, choice.method, given.labels))
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


def _thresholds(run: Run, method: str, labels: Labels) -> Float64[np.ndarray, " C"]:
    """Return means over the seeds by the rule of the primary metric; 0.5 if it has none, or a class no threshold."""
    rule = run.study.metric.partition("@")[2]
    if not rule:
        return np.full(len(labels.classes), 0.5)
    means = mean_thresholds(run.results, encoder=_ENCODER, method=method, classes=labels.classes, rule=rule)
    return np.where(np.isnan(means), 0.5, means)
