"""Heads retrained, bounded or fitted to other criteria, against autograd, an averaged pair of heads and brute force."""

import numpy as np
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from benchmarks.conformance.check import check
from benchmarks.conformance.data import fitted, head_data, labels_of, largest, learner, plan, training_set, vectors_of
from tailprobe.learners.head import LinearHead
from tailprobe.learners.joined_heads import mean_weights
from tailprobe.learners.learner import Ensemble
from tailprobe.methods.heads.linear_fit import fit_linear, standardised
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.seesaw import Shifted, log_ratio, mitigation
from tailprobe.methods.heads.smooth_ap import SmoothAp
from tailprobe.methods.two_stage.dfr import MaskedLogistic
from tailprobe.methods.two_stage.disalign import Aligned
from tailprobe.methods.two_stage.lws import class_factors
from tailprobe.methods.two_stage.weight_balancing import fit_bounded

Rows = np.ndarray


@check("lws", "torch autograd of the class-balanced cross-entropy of f_c z_c: largest slope at f", tolerance=1e-5)
def lws() -> float:
    """Differentiate the mean over classes of each class's mean loss."""
    data = head_data("single-label")
    labels = data.labels.matrix[data.train]
    logits = fitted("multinomial", data).logits(data.training_vectors()).astype(np.float64)
    factors = torch.from_numpy(class_factors(logits, labels)).requires_grad_()
    log_p = torch.log_softmax(torch.from_numpy(logits) * factors, dim=1)
    loss = torch.stack([-log_p[labels[:, c], c].mean() for c in range(5)]).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    assert factors.grad is not None
    return float(factors.grad.abs().max())


@check(
    "disalign",
    "torch autograd of the loss of Zhang et al. 2021 and the penalty written out, value and gradient",
    tolerance=1e-9,
)
def disalign() -> float:
    """At random scales, shifts and gates."""
    data, rng = head_data("single-label"), np.random.default_rng(0)
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    z, at = rng.standard_normal(labels.shape), rng.standard_normal(2 * 5 + 6 + 1)
    value, slope = Aligned(x, z, labels, 1.2, 0.01)(at)
    point = torch.from_numpy(at.copy()).requires_grad_()
    alpha, beta, v, b = point[:5], point[5:10], point[10:16], point[16]
    gate = torch.sigmoid(torch.from_numpy(x.copy()) @ v + b)[:, None]
    logits = torch.from_numpy(z)
    p = torch.softmax(gate * (alpha * logits + beta) + (1 - gate) * logits, dim=1)
    own = labels.argmax(axis=1)
    weight = (1 / labels.sum(axis=0)[own]) ** 1.2
    terms = torch.from_numpy(weight / weight.sum()) * -torch.log(p[torch.arange(len(own)), torch.from_numpy(own)])
    loss = terms.sum() + 0.005 * ((v**2).sum() + ((alpha - 1) ** 2).sum() + (beta**2).sum())
    loss.backward()  # type: ignore[no-untyped-call]
    assert point.grad is not None
    return max(abs(value - loss.item()), largest(slope, point.grad.numpy()))


@check("dfr", "scikit-learn's LogisticRegression of each class on the rows drawn, logits", tolerance=1e-3)
def dfr() -> float:
    """Hold one subset's fit against scikit-learn's, and count its rows."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    drawn = MaskedLogistic.drawn(labels, np.random.default_rng(0))
    weight, bias = fit_linear(x, drawn, 0.01, (np.zeros((6, 5)), np.zeros(5)))
    worst = 0.0
    for c in range(5):
        rows = drawn.chosen[:, c]
        assert (
            (rows & labels[:, c]).sum()
            == (rows & ~labels[:, c]).sum()
            == min(labels[:, c].sum(), (~labels[:, c]).sum())
        )
        theirs = LogisticRegression(C=1 / (0.01 * rows.sum()), tol=1e-10, max_iter=10000).fit(x[rows], labels[rows, c])
        worst = max(worst, largest(x @ weight[:, c] + bias[c], theirs.decision_function(x)))
    return worst


@check(
    "weight_balancing",
    "no longer weights than the bound, and a slope along the weights alone where it binds",
    tolerance=1e-4,
)
def weight_balancing() -> float:
    """The conditions of Karush, Kuhn and Tucker: the slope across the weights is 0, that along them is not above it."""
    data = head_data("multi-label")
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    start = fit_linear(x, BinaryCrossEntropy(labels), 0.01, (np.zeros((6, 5)), np.zeros(5)))
    radius = float(np.median(np.linalg.norm(start[0], axis=0)))
    w, b = fit_bounded(x, BinaryCrossEntropy(labels), 0.01, radius, start)
    slope = x.T @ (expit(x @ w + b) - labels) / len(x) + 0.01 * w
    length = np.linalg.norm(w, axis=0)
    bound = length > radius - 1e-6
    along = (slope * w).sum(axis=0) / length
    across = slope - np.where(bound, along, 0) * w / length
    assert 0 < bound.sum() < 5
    return max(float((length - radius).max()), float(np.abs(across).max()), float(np.where(bound, along, 0).max()))


@check("smooth_ap", "1 - smooth average precision by loops in torch, value and gradient", tolerance=1e-9)
def smooth_ap() -> float:
    """Take ranks pair by pair."""
    labels = head_data("multi-label").labels.matrix[:40]
    z = np.random.default_rng(0).standard_normal(labels.shape)
    value, slope = SmoothAp.drawn(labels, 0.5, np.random.default_rng(0))(z)
    point = torch.from_numpy(z.copy()).requires_grad_()
    total = torch.zeros((), dtype=torch.float64)
    for c in range(5):
        positives = np.flatnonzero(labels[:, c])
        precisions = []
        for i in positives:
            above = torch.sigmoid((point[:, c] - point[i, c]) / 0.5)
            others = torch.from_numpy(np.arange(40) != i)
            precisions.append((1 + above[others & torch.from_numpy(labels[:, c])].sum()) / (1 + above[others].sum()))
        if precisions:
            total = total + 1 - torch.stack(precisions).mean()
    total.backward()  # type: ignore[no-untyped-call]
    assert point.grad is not None
    return max(abs(value - total.item()), largest(slope, point.grad.numpy()))


@check("smooth_ap", "at a low temperature scikit-learn's average_precision_score", tolerance=1e-6)
def smooth_ap_of_steps() -> float:
    """With a step for the sigmoid it is average precision."""
    labels = head_data("multi-label").labels.matrix[:40]
    z = np.random.default_rng(0).standard_normal(labels.shape)
    value, _ = SmoothAp.drawn(labels, 1e-5, np.random.default_rng(0))(z)
    return abs(value - sum(1 - average_precision_score(y, s) for y, s in zip(labels.T, z.T, strict=True) if y.any()))


@check("seesaw", "the loss of Wang et al. 2021 written out row by row in torch, value and gradient", tolerance=1e-9)
def seesaw() -> float:
    """Factors without a gradient, as published."""
    labels = labels_of("single-label").matrix
    z = np.random.default_rng(0).standard_normal(labels.shape)
    shift = np.log(mitigation(labels, 0.8)) + 2 * np.maximum(0, log_ratio(z, labels))
    value, slope = Shifted(labels, shift)(z)
    point, counts, total = torch.from_numpy(z.copy()).requires_grad_(), labels.sum(axis=0), torch.zeros(())
    for row, own in enumerate(labels.argmax(axis=1)):
        p = torch.softmax(point[row], dim=0).detach()
        s = [min(1.0, counts[j] / counts[own]) ** 0.8 * max(1.0, float(p[j] / p[own])) ** 2 for j in range(5)]
        others = sum(s[j] * torch.exp(point[row, j]) for j in range(5) if j != own)
        total = total - torch.log(torch.exp(point[row, own]) / (torch.exp(point[row, own]) + others))
    (total / len(labels)).backward()  # type: ignore[no-untyped-call]
    assert point.grad is not None
    return max(abs(value - total.item() / len(labels)), largest(slope, point.grad.numpy()))


@check(
    "gaussian_cloud",
    "deviation of the noise of each class over strength, rarity and that of embeddings: 1",
    tolerance=0.1,
)
def gaussian_cloud() -> float:
    """Measure the noise of 50 copies of every image."""
    labels, text = labels_of("single-label"), "gaussian_cloud(0.5, 50)"
    made = plan(text, "single-label").synthetic
    assert made is not None
    vectors, counts = vectors_of(labels).astype(np.float64), labels.counts
    rarity = np.log(counts.max() / counts) / np.log(counts.max() / counts.min())
    sources = np.repeat(np.flatnonzero(labels.matrix.argmax(axis=1) != counts.argmax()), 50)
    noise = (made.vectors - vectors[sources]) / vectors.std(axis=0)
    own = made.labels.argmax(axis=1)
    return max(abs(noise[own == c].std() / (0.5 * rarity[c]) - 1) for c in np.unique(own).tolist())


@check("soup", "images a class of each member, and the mean of two heads' weights by hand", tolerance=1e-6)
def soup() -> float:
    """Members go from balanced to whole."""
    made = learner("soup(3)", "single-label")
    assert isinstance(made, Ensemble)
    assert made.mean_of == "weights"
    counts = labels_of("single-label").counts
    caps = np.geomspace(counts.min(), counts.max(), 3).round()
    for member, cap in zip(made.members, caps, strict=True):
        drawn = training_set(labels_of("single-label")).labels.matrix[member.stages[0].rows].sum(axis=0)
        assert (drawn == np.minimum(counts, cap)).all()
    x = vectors_of(labels_of("single-label"))
    rng = np.random.default_rng(0)
    parts = [(rng.standard_normal((5, 6)), rng.standard_normal(5)) for _ in range(2)]
    heads = [LinearHead(torch.from_numpy(w).float(), torch.from_numpy(b).float()) for w, b in parts]
    by_hand = x @ ((parts[0][0] + parts[1][0]) / 2).T + (parts[0][1] + parts[1][1]) / 2
    return largest(mean_weights(heads).logits(x), by_hand)
