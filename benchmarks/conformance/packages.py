"""Samplers of other packages behind their adapters, against the packages themselves."""

import numpy as np
from imblearn.combine import SMOTEENN
from imblearn.over_sampling import BorderlineSMOTE
from imblearn.under_sampling import NeighbourhoodCleaningRule
from smote_variants import MulticlassOversampling

from benchmarks.conformance.check import check
from benchmarks.conformance.data import labels_of, largest, plan, vectors_of


def given() -> tuple[np.ndarray, np.ndarray, int]:
    """Return embeddings, classes and the random state that the adapter draws."""
    labels = labels_of("single-label")
    seed = int(np.random.default_rng(0).integers(2**31))
    return vectors_of(labels).astype(np.float64), labels.matrix.argmax(axis=1), seed


@check("imbalanced_learn", "BorderlineSMOTE called by hand with the same random state: rows", tolerance=1e-5)
def over() -> float:
    """Hold the rows added against those of the package."""
    x, y, seed = given()
    rows, _ = BorderlineSMOTE(k_neighbors=3, random_state=seed).fit_resample(x, y)
    made = plan("imbalanced_learn(BorderlineSMOTE, 3)", "single-label").synthetic
    assert made is not None
    return largest(made.vectors, rows[len(x) :])


@check("imbalanced_learn", "NeighbourhoodCleaningRule called by hand: rows kept that differ", tolerance=0)
def under() -> float:
    """Hold the rows kept against those of the package."""
    x, y, _ = given()
    theirs = NeighbourhoodCleaningRule()
    theirs.fit_resample(x, y)
    ours = plan("imbalanced_learn(NeighbourhoodCleaningRule)", "single-label").stages[0].rows
    return float(len(set(ours) ^ set(theirs.sample_indices_)))


@check("imbalanced_learn", "SMOTEENN called by hand with the same random state: rows", tolerance=1e-5)
def both() -> float:
    """Hold all rows, which replace the images, against those of the package."""
    x, y, seed = given()
    rows, classes = SMOTEENN(random_state=seed).fit_resample(x, y)
    of = plan("imbalanced_learn(SMOTEENN)", "single-label")
    assert of.synthetic is not None
    assert (of.synthetic.labels.argmax(axis=1) == classes).all()
    assert of.stages[0].rows.min() == len(x)
    return largest(of.synthetic.vectors, rows)


@check("smote_variants", "ProWSyn and Lee called by hand with the same random state: rows", tolerance=1e-5)
def variants() -> float:
    """Hold the rows added against those of the package."""
    (x, y, seed), worst = given(), 0.0
    for name in ("ProWSyn", "Lee"):
        made = plan(f"smote_variants({name})", "single-label").synthetic
        theirs = MulticlassOversampling(oversampler=name, oversampler_params={"random_state": seed, "n_jobs": 1})
        rows, classes = theirs.sample(x, y)
        assert made is not None
        assert (made.labels.argmax(axis=1) == classes[len(x) :]).all()
        worst = max(worst, largest(made.vectors, rows[len(x) :]))
    return worst
