"""The over-samplers of smote-variants, an optional dependency."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.synthetic.add_rows import with_rows

Oversampler = Literal[
    "polynom_fit_SMOTE_mesh",
    "ProWSyn",
    "SMOTE_IPF",
    "Lee",
    "G_SMOTE",
    "CCR",
    "LVQ_SMOTE",
    "Random_SMOTE",
    "MWMOTE",
    "Safe_Level_SMOTE",
    "DBSMOTE",
    "Gaussian_SMOTE",
    "A_SUWO",
    "cluster_SMOTE",
    "CURE_SMOTE",
    "MDO",
    "RWO_sampling",
    "SDSMOTE",
]
# TensorFlow, Keras and MKL, which it lists as dependencies, are used by one of its 91 over-samplers, DEAGO, or by none.
INSTALL = "pip install seaborn; pip install --no-deps smote-variants minisom metric-learn"


@method(
    "smote_variants",
    family="synthetic",
    kinds={"single-label"},
    needs={"embeddings"},
    source="Kovacs, Applied Soft Computing 2019 (doi:10.1016/j.asoc.2019.105662), the comparison of 85 variants; "
    "papers of the samplers: its documentation",
    cites=("kovacs2019",),
    formula="the rows that the over-sampler of smote-variants adds",
    example="smote_variants(ProWSyn)",
)
def smote_variants(train: TrainingSet, sampler: Oversampler) -> TrainingPlan:
    """Add rows by an over-sampler of smote-variants, a collection of published variants of SMOTE.

    The package is no extra of tailprobe, since what it says it depends on includes TensorFlow, which the samplers here
    do not use; the error says how to install it without. Each class but the largest is filled up from the largest one
    downwards, against all classes that are at least as large, by the package's own `MulticlassOversampling`; all
    settings but the random state have its defaults. Most samplers fill up to the
    largest class, A_SUWO and CCR about so.

    Assumptions:
        What the sampler's paper assumes, of distances between embeddings as they are.

    When it helps:
        To compare with published results of a sampler; polynom_fit_SMOTE, ProWSyn and SMOTE_IPF lead in Kovacs' own
        comparison of tabular data.

    Traps:
        Where a class is too small for a sampler, it adds no row to it and says so only in its log.

    Args:
        train: the training part; the random state is drawn from its generator.
        sampler: the class in smote-variants.

    Raises:
        InputError: the package is not installed, or its sampler cannot take the data.
    """
    x, y = np.asarray(train.embeddings, np.float64), train.labels.matrix.argmax(axis=1)
    settings = {"random_state": int(train.rng.integers(2**31)), "n_jobs": 1}
    with _quiet():
        try:
            made = _package().MulticlassOversampling(oversampler=sampler, oversampler_params=settings)
            rows, classes = made.sample(x, y)
        except (ValueError, RuntimeError, IndexError, ZeroDivisionError) as error:
            raise InputError(f"smote_variants({sampler}) cannot take these rows: {error}") from error
    if len(rows) < len(x) or not np.array_equal(rows[: len(x)], x):
        raise InputError(f"smote_variants({sampler}) changed the training rows; choose another sampler")
    labels = np.eye(len(train.labels.classes), dtype=bool)[np.asarray(classes, np.int64)]
    return with_rows(train, [rows[len(x) :]], [labels[len(x) :]])


def _package() -> Any:  # noqa: ANN401 - an untyped module
    try:
        import smote_variants as package
    except ImportError as error:
        raise InputError(f"smote_variants needs packages ({error}): {INSTALL}") from None
    return package


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the package, which logs every step and warns of numbers it divides by zero."""
    log = logging.getLogger("smote_variants")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            log.disabled = True
            yield
        finally:
            log.disabled = False
