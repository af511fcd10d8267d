"""Methods that use embedded class names, against loops, scikit-learn and derivatives by hand."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss

from benchmarks.conformance.check import check
from benchmarks.conformance.data import fitted, head_data, labels_of, largest, learner, plan, text_of, vectors_of
from tailprobe.learners.adjustment import HeldOut
from tailprobe.learners.learner import HeadData
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.heads.tip_adapter import balanced_rows
from tailprobe.methods.heads.tip_head import TipHead


def cosines(data: HeadData) -> np.ndarray:
    """Return (N, C) cosines between images and names, pair by pair."""
    text = text_of(data.labels).astype(np.float64)
    rows = data.vectors.astype(np.float64)
    return np.array([[x @ t / np.sqrt((x @ x) * (t @ t)) for t in text] for x in rows])


@check("zero_shot", "cosines pair by pair: correlation with the logits of a class, 1 -", tolerance=1e-6)
def zero_shot() -> float:
    """Hold logits of each class against cosines."""
    data = head_data("multi-label")
    z, wanted = fitted("zero_shot", data).logits(data.vectors), cosines(data)
    return max(1 - float(np.corrcoef(z[:, c], wanted[:, c])[0, 1]) for c in range(5))


@check("zero_shot", "training labels that probabilities miss on average, as Platt scaling matches them", tolerance=0.02)
def zero_shot_probabilities() -> float:
    """A fitted logistic curve has the mean of its targets, which are smoothed labels."""
    data = head_data("multi-label")
    p = expit(fitted("zero_shot", data).logits(data.training_vectors()))
    return largest(p.mean(axis=0), data.labels.matrix[data.train].mean(axis=0))


@check("zero_shot_softmax", "100 times the cosines, pair by pair, logits", tolerance=1e-3)
def zero_shot_softmax() -> float:
    """No image enters."""
    data = head_data("single-label")
    return largest(fitted("zero_shot_softmax", data).logits(data.vectors), 100 * cosines(data))


@check("text_init", "without a step `zero_shot`, logits", tolerance=0)
def text_init_start() -> float:
    """The start is the zero-shot head."""
    data = head_data("multi-label")
    return largest(fitted("text_init(0)", data).logits(data.vectors), fitted("zero_shot", data).logits(data.vectors))


@check("text_init", "without validation rows the lowest training loss, scikit-learn's: excess", tolerance=1e-3)
def text_init_end() -> float:
    """Trained to the end it has forgotten the names."""
    data = head_data("multi-label")
    all_steps = HeadData(data.vectors, data.labels, data.train, data.validation[:0])
    x = data.training_vectors() / np.linalg.norm(data.training_vectors(), axis=1, keepdims=True)
    labels = data.labels.matrix[data.train]
    z = fitted("text_init(3000)", all_steps).logits(data.training_vectors())
    theirs = [LogisticRegression(C=1e9, tol=1e-10, max_iter=10000).fit(x, y).predict_proba(x)[:, 1] for y in labels.T]
    return max(log_loss(labels[:, c], expit(z[:, c])) - log_loss(labels[:, c], theirs[c]) for c in range(5))


@check("text_init", "validation loss above that of `zero_shot`, which is among the steps", tolerance=0)
def text_init_stops() -> float:
    """Stopping early never ends worse than it starts."""
    data = head_data("single-label")
    held = data.held_out()
    losses = [
        log_loss(held.labels.ravel(), expit(fitted(text, data).logits(held.vectors)).ravel())
        for text in ("text_init(100)", "zero_shot")
    ]
    return max(losses[0] - losses[1], 0.0)


@check("text_rows", "names moved and stretched by hand, in float32", tolerance=1e-5)
def text_rows() -> float:
    """Take class means one by one."""
    labels = labels_of("multi-label")
    made = plan("text_rows(1)", "multi-label").synthetic
    assert made is not None
    assert (made.labels == np.eye(5, dtype=bool)).all()
    vectors, text = vectors_of(labels).astype(np.float64), text_of(labels).astype(np.float64)
    text = np.array([t / np.sqrt(t @ t) for t in text])
    means = np.array([vectors[labels.matrix[:, c]].mean(axis=0) for c in range(5)])
    off, lengths = means - means.mean(axis=0), [np.sqrt(t @ t) for t in text - text.mean(axis=0)]
    ratio = np.mean([np.sqrt(m @ m) for m in off]) / np.mean(lengths)
    return largest(made.vectors, means.mean(axis=0) + ratio * (text - text.mean(axis=0)))


@check("text_rows", "loss terms of names beside the own class under multi-label data: 0", tolerance=0)
def text_rows_weights() -> float:
    """A name says nothing of other classes."""
    stage = plan("text_rows(3)", "multi-label").stages[0]
    assert stage.row_weights is not None
    return largest(stage.row_weights[-15:], np.repeat(np.eye(5), 3, axis=0))


@check("text_blend", "scikit-learn's log loss over eleven shares, logits of the blend", tolerance=1e-4)
def text_blend() -> float:
    """Blend logistic regression."""
    data = head_data("multi-label")
    made = learner("text_blend", "multi-label")
    assert isinstance(made, TrainingPlan)
    assert made.adjustment is not None
    head = fitted("logistic", data)
    # The zero-shot head of all rows, as the plan was made for all of them.
    every = HeadData(data.vectors, data.labels, np.arange(len(data.vectors)), data.validation)
    held = HeldOut(data.vectors[data.validation], data.labels.matrix[data.validation])
    one, two = (each.logits(held.vectors).astype(np.float64) for each in (fitted("zero_shot", every), head))
    losses = {s: log_loss(held.labels.ravel(), expit(s / 10 * one + (1 - s / 10) * two).ravel()) for s in range(11)}
    best = min(losses, key=lambda s: losses[s]) / 10
    assert 0 < best < 1
    return largest(made.adjustment(head, held).logits(held.vectors), best * one + (1 - best) * two)


def by_hand(data: HeadData, rows: np.ndarray, classes: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """Return (N, C) logits of Tip-Adapter, image by image and key by key, with four images a class."""
    x = data.vectors.astype(np.float64)
    u = np.array([each / np.sqrt(each @ each) for each in x])
    z = 100 * cosines(data)
    for i in range(len(u)):
        for row, c in zip(rows, classes, strict=True):
            z[i, c] += alpha * np.exp(-beta * (1 - u[i] @ u[row])) * 4 / (classes == c).sum()
    return z


@check("tip_adapter", "the equation written out key by key, alpha and beta by scikit-learn's precision", tolerance=1e-3)
def tip_adapter() -> float:
    """Try every pair."""
    data = head_data("single-label")
    rows, classes = balanced_rows(data, 4, np.random.default_rng(0))
    assert np.bincount(classes).tolist() == [4] * 5
    truth, best, wanted = data.held_out().labels, -1.0, np.zeros(0)
    for beta in (0.5, 1, 2, 3.5, 5.5, 7):
        for alpha in (0, 0.1, 0.3, 1, 3, 10):
            z = by_hand(data, rows, classes, alpha, beta)
            p = softmax(z[data.validation], axis=1)
            now = float(np.mean([average_precision_score(truth[:, c], p[:, c]) for c in range(5) if truth[:, c].any()]))
            if now > best + 1e-12:
                best, wanted = now, z
    return largest(fitted("tip_adapter(4)", data).logits(data.vectors), wanted)


@check("tip_adapter_f", "one step of AdamW with the derivative by hand, keys", tolerance=1e-5)
def tip_adapter_f() -> float:
    """The first step of Adam is the learning rate times g / (|g| + eps), after the decay of weights."""
    data = head_data("single-label")
    bare = HeadData(data.vectors, data.labels, data.train, data.validation[:0])
    rows, classes = balanced_rows(data, 4, np.random.default_rng(0))
    x = data.vectors[rows].astype(np.float64)
    u = x / np.linalg.norm(x, axis=1, keepdims=True)
    p = softmax(by_hand(data, rows, classes, 1.0, 5.5)[rows], axis=1) - np.eye(5)[classes]
    closeness = np.exp(-5.5 * (1 - u @ u.T))
    slope = np.zeros_like(u)
    for m, c in enumerate(classes):
        for i in range(len(u)):
            slope[m] += p[i, c] / len(u) * 5.5 * closeness[i, m] * 4 / (classes == c).sum() * u[i]
    head = fitted("tip_adapter_f(4, 1)", bare)
    assert isinstance(head, TipHead)
    return largest(head.keys.numpy(), u * (1 - 1e-3 * 0.01) - 1e-3 * slope / (np.abs(slope) + 1e-4))
