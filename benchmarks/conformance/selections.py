"""Selections against imbalanced-learn, brute force and loops over rows."""

import itertools

import numpy as np
from imblearn.under_sampling import NearMiss, TomekLinks
from sklearn.linear_model import LogisticRegression

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, labels_of, largest, stage, training_set, vectors_of
from tailprobe.labels import Kind
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import standardised_rows
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.selection.confident_learning import contradicted
from tailprobe.methods.selection.dynamics import probabilities_by_epoch
from tailprobe.methods.selection.forgetting import events
from tailprobe.methods.selection.herding import follow_the_mean
from tailprobe.methods.selection.k_centre import farthest_first
from tailprobe.methods.selection.nested_scores import draw_folds, out_of_fold


def kept(text: str, kind: Kind) -> np.ndarray:
    """Return which rows a plan draws, (T,) bool."""
    return np.bincount(stage(text, kind).rows, minlength=len(labels_of(kind))) > 0


def by_imblearn(sampler: object) -> np.ndarray:
    """Return which single-label rows a sampler keeps."""
    labels = labels_of("single-label")
    sampler.fit_resample(vectors_of(labels).astype(np.float64), labels.matrix.argmax(axis=1))  # type: ignore[attr-defined]
    return np.bincount(sampler.sample_indices_, minlength=len(labels)) > 0  # type: ignore[attr-defined]


def of_rarest(text: str) -> np.ndarray:
    """Return which single-label rows a plan draws where only the rarest class is of low frequency, as imblearn's."""
    labels = labels_of("single-label")
    low = np.arange(5) == labels.counts.argmin()
    made = parse_methods([text])[-1].learner(TrainingSet(labels, low, np.random.default_rng(0), vectors_of(labels)))
    assert isinstance(made, TrainingPlan)
    return np.bincount(made.stages[0].rows, minlength=len(labels)) > 0


@check(
    "near_miss",
    "imbalanced-learn's NearMiss(version=1) to the count of the rarest class: images beside it",
    tolerance=0,
)
def near_miss_1() -> float:
    """Count the images that one keeps and the other does not."""
    return float((of_rarest("near_miss(smallest, 3)") != by_imblearn(NearMiss(version=1))).sum())


@check(
    "near_miss",
    "imbalanced-learn's NearMiss(version=2) to the count of the rarest class: images beside it",
    tolerance=0,
)
def near_miss_2() -> float:
    """Count the images that one keeps and the other does not."""
    return float((of_rarest("near_miss(smallest, 3, to=farthest)") != by_imblearn(NearMiss(version=2))).sum())


@check("tomek_links", "imbalanced-learn's TomekLinks(): images that one keeps and the other does not", tolerance=0)
def tomek_links() -> float:
    """Count the images that one keeps and the other does not."""
    return float((of_rarest("tomek_links") != by_imblearn(TomekLinks())).sum())


@check("edited_neighbours", "the rule of MLeNN by brute force, image by image: images beside it", tolerance=0)
def edited_neighbours() -> float:
    """Look at the three nearest of each image."""
    labels = labels_of("multi-label")
    x, y, wrong = vectors_of(labels).astype(np.float64), labels.matrix, 0
    of = kept("edited_neighbours(3)", "multi-label")
    for i in range(len(x)):
        near = [j for j in np.argsort(np.linalg.norm(x - x[i], axis=1)) if j != i][:3]
        others = sum((y[i] != y[j]).sum() > 0.5 * max(y[i].sum() + y[j].sum(), 1) for j in near)
        wrong += of[i] != (others < 1.5 or bool((y[i] & LOW).any()))
    return float(wrong)


@check(
    "deduplicate", "no two kept images of one label set above the cosine, each dropped one near a kept one", tolerance=0
)
def deduplicate() -> float:
    """Look at all pairs."""
    labels = labels_of("single-label")
    x = vectors_of(labels).astype(np.float64)
    x -= x.mean(axis=0)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    of, classes, wrong = kept("deduplicate(0.9)", "single-label"), labels.matrix.argmax(axis=1), 0
    assert 0 < of.sum() < len(of)
    for c in range(5):
        inside, outside = x[of & (classes == c)], x[~of & (classes == c)]
        wrong += sum(a @ b > 0.9 for a, b in itertools.combinations(inside, 2))
        wrong += sum(not (inside @ row > 0.9).any() for row in outside)
    return float(wrong)


@check("k_centre", "algorithm 1 of Sener and Savarese 2018 by brute force: other choices", tolerance=0)
def k_centre() -> float:
    """Choose with every distance computed anew."""
    rows = vectors_of(labels_of("single-label"))[:40]
    chosen = [0, 1]
    for _ in range(10):
        nearest = [min(np.linalg.norm(row - rows[c]) for c in chosen) for row in rows.astype(np.float64)]
        chosen.append(int(np.argmax(nearest)))
    ours = farthest_first(rows, np.array([0, 1]), 10, rng=np.random.default_rng(0))
    return float((ours != chosen[2:]).sum())


@check("herding", "distance of the running mean from the class mean by brute force: other choices", tolerance=0)
def herding() -> float:
    """Choose with every mean computed anew."""
    rows = vectors_of(labels_of("single-label"))[:40].astype(np.float64)
    chosen = [0]
    for _ in range(10):
        left = [i for i in range(40) if i not in chosen]
        off = [np.linalg.norm(rows[[*chosen, i]].mean(axis=0) - rows.mean(axis=0)) for i in left]
        chosen.append(left[int(np.argmin(off))])
    return float((follow_the_mean(rows, np.array([0]), 10) != chosen[1:]).sum())


@check(
    "prototypes",
    "every image kept at least as far from its class mean as every one dropped: images beside it",
    tolerance=0,
)
def prototypes() -> float:
    """Compare distances of kept and dropped images of single-label classes."""
    labels, of, wrong = labels_of("single-label"), kept("prototypes(10, hard)", "single-label"), 0
    for column in labels.matrix.T:
        rows = vectors_of(labels)[column].astype(np.float64)
        distance = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        inside = of[column]
        wrong += abs(int(inside.sum()) - min(10, len(rows)))
        wrong += 0 if inside.all() else int((distance[inside] < distance[~inside].max()).sum())
    return float(wrong)


@check("instance_hardness", "scikit-learn's LogisticRegression on the same folds, probabilities", tolerance=1e-3)
def instance_hardness() -> float:
    """Hold out-of-fold probabilities against scikit-learn's."""
    train = training_set(labels_of("single-label"))
    ours = out_of_fold(train, 4)
    place = draw_folds(standardised_rows(train)[0], 4, train.seed)
    x, y = train.embeddings.astype(np.float64), train.labels.matrix.argmax(axis=1)
    x, wanted = (x - x.mean(axis=0)) / x.std(axis=0), np.empty(ours.shape)
    for fold in range(4):
        inside = place != fold
        fit = LogisticRegression(C=1 / (0.01 * inside.sum()), tol=1e-10, max_iter=10000).fit(x[inside], y[inside])
        wanted[~inside] = fit.predict_proba(x[~inside])
    return largest(ours, wanted)


@check("confident_learning", "confident joint of Northcutt et al. 2021, image by image: images beside it", tolerance=0)
def confident_learning() -> float:
    """Count the joint by a loop."""
    y = labels_of("single-label").matrix
    p = np.random.default_rng(0).dirichlet(np.ones(5), len(y)) * 0.85 + 0.15 * y
    given = y.argmax(axis=1)
    threshold = [np.mean([p[i, c] for i in range(len(y)) if given[i] == c]) for c in range(5)]
    wanted = []
    for i in range(len(y)):
        reached = [c for c in range(5) if p[i, c] >= threshold[c]]
        wanted.append(bool(reached) and max(reached, key=lambda c: p[i, c]) != given[i])
    assert any(wanted)
    return float((contradicted(p, y) != np.array(wanted)).sum())


@check("el2n", "images kept have the largest mean |p - y| of their class: images beside it", tolerance=0)
def el2n() -> float:
    """Compute the scores anew from the same generator."""
    labels, of, wrong = labels_of("single-label"), kept("el2n(10, hard)", "single-label"), 0
    train, errors = training_set(labels), []
    for _ in range(5):
        errors.append(((probabilities_by_epoch(train, 3)[-1] - labels.matrix) ** 2).sum(axis=1) ** 0.5)
    error = sum(errors) / 5
    for column in labels.matrix.T:
        inside = of[column]
        wrong += 0 if inside.all() else int((error[column][inside] < error[column][~inside].max()).sum())
    return float(wrong)


@check("forgetting", "transitions from right to wrong counted by a loop over epochs: images beside it", tolerance=0)
def forgetting() -> float:
    """Count events one by one."""
    right = np.random.default_rng(0).random((12, 60)) < np.linspace(0, 1, 60)
    wanted = []
    for row in right.T:
        count = sum(bool(a) and not b for a, b in itertools.pairwise(row))
        wanted.append(count if row.any() else len(row))
    return largest(events(right), wanted)
