"""Heads without gradient descent against scikit-learn, autograd and loops over rows."""

import numpy as np
import torch
from scipy.special import expit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import LinearSVC

from benchmarks.conformance.check import check
from benchmarks.conformance.data import fitted, head_data, largest, learner
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.heads.auc_margin import AucMarginFit
from tailprobe.methods.heads.cosine_classifier import CosineFit
from tailprobe.methods.heads.linear_fit import PENALTIES, fit_linear, standardised
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.multinomial import SoftmaxCrossEntropy
from tailprobe.methods.heads.svm import SquaredHinge

Rows = np.ndarray


def zeros() -> tuple[Rows, Rows]:
    """Return the start of a linear fit."""
    return np.zeros((6, 5)), np.zeros(5)


@check("logistic", "scikit-learn's LogisticRegression(C = 1 / (T penalty)) of each class, logits", tolerance=1e-3)
def logistic() -> float:
    """Hold the fit under one penalty against scikit-learn's."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    weight, bias = fit_linear(x, BinaryCrossEntropy(labels), 0.01, zeros())
    theirs = [LogisticRegression(C=1 / (0.01 * len(x)), tol=1e-10, max_iter=10000).fit(x, y) for y in labels.T]
    return largest(x @ weight + bias, np.stack([of.decision_function(x) for of in theirs], axis=1))


@check(
    "multinomial", "scikit-learn's multinomial LogisticRegression(C = 1 / (T penalty)), probabilities", tolerance=1e-4
)
def multinomial() -> float:
    """Hold the fit under one penalty against scikit-learn's."""
    data = head_data("single-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    weight, bias = fit_linear(x, SoftmaxCrossEntropy(labels), 0.01, zeros())
    theirs = LogisticRegression(C=1 / (0.01 * len(x)), tol=1e-10, max_iter=10000).fit(x, labels.argmax(axis=1))
    z = x @ weight + bias
    ours = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return largest(ours, theirs.predict_proba(x))


@check(
    "multinomial", "validation loss over the seven penalties by scikit-learn: excess of the head kept", tolerance=1e-4
)
def multinomial_penalty() -> float:
    """Hold the validation loss of the head against the best of scikit-learn's."""
    data = head_data("single-label")
    x, mean, inverse = standardised(data)
    held = data.held_out()
    v, y, truth = (held.vectors - mean) * inverse, data.labels.matrix[data.train].argmax(1), held.labels
    losses = [
        -LogisticRegression(C=1 / (p * len(x)), tol=1e-9, max_iter=10000).fit(x, y).predict_log_proba(v)[truth].mean()
        for p in PENALTIES
    ]
    z = fitted("multinomial", data).logits(held.vectors).astype(np.float64)
    ours = -(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))[truth].mean()
    return float(max(ours - min(losses), 0))


@check("linear", "one layer, no hidden units: width of its recipe", tolerance=0)
def linear() -> float:
    """Read the width."""
    made = learner("linear", "multi-label")
    assert isinstance(made, TrainingPlan)
    return float(made.recipe_changes["width"])


@check("ridge", "scikit-learn's RidgeCV over the same penalties, correlation of scores: 1 -", tolerance=1e-6)
def ridge() -> float:
    """Hold the scores of each class against scikit-learn's, which chooses by leave-one-out as well."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    ours = fitted("ridge", data).logits(data.training_vectors())
    worst = 0.0
    for c in range(5):
        theirs = RidgeCV(alphas=10.0 ** np.arange(-2, 7)).fit(x, np.where(labels[:, c], 1.0, -1.0)).predict(x)
        worst = max(worst, 1 - np.corrcoef(ours[:, c], theirs)[0, 1])
    return float(worst)


@check(
    "lda", "scikit-learn's LinearDiscriminantAnalysis(solver=lsqr, shrinkage=0.2), log-probabilities", tolerance=1e-3
)
def lda() -> float:
    """Hold log-probabilities against scikit-learn's on standardised rows."""
    data = head_data("single-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train].argmax(axis=1)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2).fit(x, labels).predict_log_proba(x)
    z = fitted("lda(0.2)", data).logits(data.training_vectors()).astype(np.float64)
    return largest(z - np.log(np.exp(z).sum(axis=1, keepdims=True)), theirs)


@check(
    "lda_per_class", "scikit-learn's LinearDiscriminantAnalysis of each class and the rest, log odds", tolerance=1e-3
)
def lda_per_class() -> float:
    """Hold log odds against scikit-learn's on standardised rows."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    theirs = [LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2).fit(x, y).decision_function(x) for y in labels.T]
    return largest(fitted("lda_per_class(0.2)", data).logits(data.training_vectors()), np.stack(theirs, axis=1))


@check(
    "nearest_centroid", "cosines to class means of centred rows of length 1: correlation of scores, 1 -", tolerance=1e-6
)
def nearest_centroid() -> float:
    """Hold the scores of each class against cosines, row by row."""
    data = head_data("multi-label")
    rows, labels = data.training_vectors().astype(np.float64), data.labels.matrix[data.train]
    x = np.stack([row / np.linalg.norm(row) for row in rows - rows.mean(axis=0)])
    ours, worst = fitted("nearest_centroid", data).logits(data.training_vectors()), 0.0
    for c in range(5):
        centroid = x[labels[:, c]].mean(axis=0)
        worst = max(worst, 1 - np.corrcoef(ours[:, c], x @ centroid / np.linalg.norm(centroid))[0, 1])
    return float(worst)


def votes(k: int, temperature: float) -> tuple[Rows, Rows]:
    """Return the (V, C) votes on validation rows by scikit-learn's neighbours, and the log votes of the head."""
    data = head_data("single-label")
    mean = data.training_vectors().astype(np.float64).mean(axis=0)
    train, held = (data.vectors[rows] - mean for rows in (data.train, data.validation))
    distance, nearest = NearestNeighbors(n_neighbors=k, metric="cosine").fit(train).kneighbors(held)
    weight = np.exp((1 - distance) / temperature)
    share = (weight[..., None] * data.labels.matrix[data.train][nearest]).sum(1) / weight.sum(1, keepdims=True)
    return (share * k + 0.5) / (k + 1), data.vectors[data.validation]


@check("knn", "votes of scikit-learn's NearestNeighbors by cosine, probabilities", tolerance=1e-4)
def knn() -> float:
    """Hold probabilities against the shares of votes."""
    share, rows = votes(7, 0.2)
    return largest(expit(fitted("knn(7, 0.2)", head_data("single-label")).logits(rows)), share)


@check("knn_balanced", "votes of scikit-learn's NearestNeighbors over class shares, normalised", tolerance=1e-4)
def knn_balanced() -> float:
    """Hold probabilities against votes divided by the share of each class."""
    data = head_data("single-label")
    share, rows = votes(7, 0.2)
    raised = share / data.training_labels().matrix.mean(axis=0)
    z = np.exp(fitted("knn_balanced(7, 0.2)", data).logits(rows).astype(np.float64))
    return largest(z / z.sum(axis=1, keepdims=True), raised / raised.sum(axis=1, keepdims=True))


@check("ml_knn", "the paper's Figure 1, row by row with scikit-learn's neighbours, probabilities", tolerance=1e-5)
def ml_knn() -> float:
    """Follow the paper's pseudocode."""
    data, k = head_data("multi-label"), 4
    x, y = data.training_vectors(), data.labels.matrix[data.train]
    finder = NearestNeighbors(n_neighbors=k).fit(x)
    of_train = y[finder.kneighbors(return_distance=False)].sum(axis=1)
    rows = data.vectors[data.validation]
    of_rows, wanted = y[finder.kneighbors(rows, return_distance=False)].sum(axis=1), np.empty((len(rows), 5))
    for c in range(5):
        prior = (1 + y[:, c].sum()) / (2 + len(y))
        with_it = [sum(y[i, c] and of_train[i, c] == j for i in range(len(y))) for j in range(k + 1)]
        without = [sum(not y[i, c] and of_train[i, c] == j for i in range(len(y))) for j in range(k + 1)]
        for i, j in enumerate(of_rows[:, c]):
            yes = prior * (1 + with_it[j]) / (k + 1 + sum(with_it))
            no = (1 - prior) * (1 + without[j]) / (k + 1 + sum(without))
            wanted[i, c] = yes / (yes + no)
    return largest(expit(fitted("ml_knn(4)", data).logits(rows)), wanted)


@check("cosine_classifier", "torch autograd of BCE(s cos(x, w) + b) where the fit ended: largest slope", tolerance=1e-4)
def cosine_classifier() -> float:
    """Differentiate the loss at the weights found, along the sphere."""
    data = head_data("multi-label")
    head = CosineFit(4.0).fit(data, 0)
    rows = torch.from_numpy(data.training_vectors()).double()
    y = torch.from_numpy(data.labels.matrix[data.train]).double()
    w, b = (of.double().requires_grad_() for of in (head.output_weight, head.output_bias))
    x = rows - rows.mean(dim=0)
    cosine = torch.nn.functional.cosine_similarity(x[:, None], w[None], dim=2)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(4 * cosine + b, y)
    loss.backward()  # type: ignore[no-untyped-call]
    assert w.grad is not None
    assert b.grad is not None
    return max(float(w.grad.abs().max()), float(b.grad.abs().max()))


@check("svm", "scikit-learn's LinearSVC(squared hinge, balanced) without penalised bias, scores", tolerance=2e-2)
def svm() -> float:
    """Hold scores against liblinear's, whose penalty on the bias is made small by a large intercept scaling."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    weight, bias = fit_linear(x, SquaredHinge.of(labels, balanced=True), 0.1, zeros())
    # theirs: |w|^2 / 2 + C sum of class weight * hinge^2; ours times 1 / penalty
    theirs = LinearSVC(
        C=1 / (0.1 * len(x)), class_weight="balanced", dual=False, tol=1e-10, intercept_scaling=100, max_iter=100000
    )
    scores = np.stack([theirs.fit(x, y).decision_function(x) for y in labels.T], axis=1)
    return largest(x @ weight + bias, scores)


@check(
    "auc_margin", "torch autograd of the min-max loss of Yuan et al. 2021 at its saddle: largest slope", tolerance=1e-4
)
def auc_margin() -> float:
    """Differentiate the authors' form, with a, b and alpha at their optima, at the weights found."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    head = AucMarginFit(1.0, 0.01).fit(data, 0)
    slope = np.stack([head.output_weight.double().numpy()[c] / standardised(data)[2] for c in range(5)])
    worst = 0.0
    for c in range(5):
        worst = max(worst, _slope_of_min_max(x, labels[:, c], slope[c]))
    return worst


def _slope_of_min_max(x: Rows, labels: Rows, direction: Rows) -> float:
    """Return the largest derivative by the weights, along a direction whose length is fitted first."""
    y, rows = torch.from_numpy(labels), torch.from_numpy(x.copy())

    def loss(w: torch.Tensor) -> torch.Tensor:
        f = rows @ w
        a, b = f[y].mean().detach(), f[~y].mean().detach()
        alpha = (1 + f[~y].mean() - f[y].mean()).clamp_min(0).detach()
        within = ((f[y] - a) ** 2).mean() + ((f[~y] - b) ** 2).mean()
        return within + 2 * alpha * (1 + f[~y].mean() - f[y].mean()) - alpha**2 + 0.005 * (w**2).sum()

    # Platt scaling has multiplied the weights: find the multiple at which the derivative along them is 0.
    unit = torch.from_numpy(direction / np.linalg.norm(direction))
    low, high = 1e-6, 100.0
    for _ in range(200):
        middle = (low + high) / 2
        w = (middle * unit).requires_grad_()
        (slope,) = torch.autograd.grad(loss(w), w)
        low, high = (middle, high) if slope @ unit < 0 else (low, middle)
    return float(slope.abs().max())
