"""The samplers of imbalanced-learn, an optional dependency."""

from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.synthetic.add_rows import with_rows

Sampler = Literal[
    "BorderlineSMOTE",
    "ADASYN",
    "SVMSMOTE",
    "KMeansSMOTE",
    "SMOTEENN",
    "SMOTETomek",
    "RepeatedEditedNearestNeighbours",
    "AllKNN",
    "CondensedNearestNeighbour",
    "OneSidedSelection",
    "NeighbourhoodCleaningRule",
    "ClusterCentroids",
]
_NEIGHBOURS = {
    "BorderlineSMOTE": "k_neighbors",
    "ADASYN": "n_neighbors",
    "SVMSMOTE": "k_neighbors",
    "KMeansSMOTE": "k_neighbors",
}


@method(
    "imbalanced_learn",
    family="synthetic",
    kinds={"single-label"},
    needs={"embeddings"},
    source="Lemaitre et al., JMLR 2017 (arXiv:1609.06570); papers of the samplers: its documentation",
    cites=("lemaitre2017",),
    formula="the rows that the sampler of imbalanced-learn keeps and makes",
    example="imbalanced_learn(BorderlineSMOTE)",
)
def imbalanced_learn(train: TrainingSet, sampler: Sampler, k: int = 5) -> TrainingPlan:
    """Resample embeddings by a sampler of imbalanced-learn: `pip install 'tailprobe[imbalanced-learn]'`.

    Rows that it keeps are drawn as often as it says, and rows that it makes are added. All its settings but the random
    state and the number of neighbours have its defaults: over-samplers fill every class up to the largest, cleaning
    samplers leave the rarest class alone. What this package has itself (SMOTE, NearMiss, Tomek links and so on) is not
    among the samplers.

    Assumptions:
        What the sampler's paper assumes, of distances between embeddings as they are.

    When it helps:
        To compare with published results of a sampler.

    Traps:
        Most samplers fail where a class has no more than k images; the error says so. The condensed and one-sided rules
        depend on the order of rows and take time quadratic in their number.

    Args:
        train: the training part; the random state is drawn from its generator.
        sampler: the class in imbalanced-learn.
        k: neighbours, 1 to 1000, only for the SMOTE variants and ADASYN; fewer where the rarest class has fewer.

    Raises:
        InputError: k outside that range, the package is not installed, or its sampler cannot take the data.
    """
    check_range(k, 1, 1000, what="imbalanced_learn: k")
    x, y = np.asarray(train.embeddings, np.float64), train.labels.matrix.argmax(axis=1)
    made = _sampler(sampler, k, y, int(train.rng.integers(2**31)))
    try:
        rows, classes = made.fit_resample(x, y)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"imbalanced_learn({sampler}) cannot take these rows: {error}") from error
    if hasattr(made, "sample_indices_"):
        return TrainingPlan((Stage(np.sort(np.asarray(made.sample_indices_, np.int64))),))
    return _plan_of(train, x, rows, classes)


def _plan_of(
    train: TrainingSet, x: Float[np.ndarray, "T D"], rows: Float[np.ndarray, "M D"], classes: Int[np.ndarray, " M"]
) -> TrainingPlan:
    """Return the plan of rows that begin with the training rows, or replace them all."""
    labels = np.eye(len(train.labels.classes), dtype=bool)[classes]
    if len(rows) >= len(x) and np.array_equal(rows[: len(x)], x):
        return with_rows(train, [rows[len(x) :]], [labels[len(x) :]])
    plan = with_rows(train, [rows], [labels])
    return TrainingPlan((Stage(len(x) + np.arange(len(rows))),), synthetic=plan.synthetic)


def _sampler(name: Sampler, k: int, y: Int[np.ndarray, " T"], seed: int) -> Any:  # noqa: ANN401 - a class of theirs
    try:
        from imblearn import combine, over_sampling, under_sampling
    except ImportError:
        raise InputError("imbalanced_learn needs a package: pip install 'tailprobe[imbalanced-learn]'") from None
    kinds = next(getattr(module, name) for module in (over_sampling, under_sampling, combine) if hasattr(module, name))
    counts = np.bincount(y)
    settings: dict[str, Any] = {}
    if name in _NEIGHBOURS:
        settings[_NEIGHBOURS[name]] = max(1, min(k, int(counts[counts > 0].min()) - 1))
    if "random_state" in kinds().get_params():
        settings["random_state"] = seed
    return kinds(**settings)
