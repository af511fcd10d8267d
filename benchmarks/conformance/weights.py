"""Weights of the loss terms against their formulas, written out term by term."""

import math

import numpy as np
import torch

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, labels_of, largest, stage, term_weights


def by_class(kind: str, weights: list[float]) -> np.ndarray:
    """Return the (T, C) weights where positives (multi-label) or whole images (single-label) weigh by class."""
    labels = labels_of(kind).matrix  # type: ignore[arg-type]
    if kind == "multi-label":
        return np.array([[weights[c] if y else 1.0 for c, y in enumerate(row)] for row in labels])
    return np.array([[weights[int(row.argmax())]] * 5 for row in labels])


@check("frequency_weight", "n^-p over its mean, written out by term (both kinds of labels)")
def frequency_weight() -> float:
    """Hold every term's weight against the formula."""
    worst = 0.0
    for kind in ("single-label", "multi-label"):
        for power in (0.5, 1.0, 1.2):
            raw = [float(n) ** -power for n in labels_of(kind).counts]  # type: ignore[arg-type]
            wanted = by_class(kind, [w * len(raw) / sum(raw) for w in raw])
            worst = max(worst, largest(term_weights(f"frequency_weight({power})", kind), wanted))  # type: ignore[arg-type]
    return worst


@check("effective_number", "C / E_n over the sum of 1 / E_n, E_n the geometric sum 1 + b + ... + b^(n-1)")
def effective_number() -> float:
    """Hold weights against the paper's sum."""
    worst = 0.0
    for kind in ("single-label", "multi-label"):
        raw = [1 / sum(0.99**i for i in range(n)) for n in labels_of(kind).counts]  # type: ignore[arg-type]
        wanted = by_class(kind, [w * len(raw) / sum(raw) for w in raw])
        worst = max(worst, largest(term_weights("effective_number(0.99)", kind), wanted))  # type: ignore[arg-type]
    return worst


@check("positive_weight", "torch.nn.BCEWithLogitsLoss(pos_weight = n- / n+), value of the mean loss")
def positive_weight() -> float:
    """Hold the mean loss against PyTorch's."""
    labels = labels_of("multi-label").matrix
    logits = np.random.default_rng(0).standard_normal(labels.shape)
    y, z = torch.from_numpy(labels.astype(float)), torch.from_numpy(logits)
    ratio = (1 - y).sum(0) / y.sum(0)
    theirs = torch.nn.BCEWithLogitsLoss(pos_weight=ratio)(z, y).item()
    terms = np.logaddexp(0, np.where(labels, -logits, logits))
    return abs((terms * term_weights("positive_weight(1, 1000)", "multi-label")).mean() - theirs)


@check("image_weight", "numpy masked arrays over the classes of each image, all four ways to combine")
def image_weight() -> float:
    """Hold the weight of each image against masked arrays."""
    labels = labels_of("multi-label").matrix
    worst = 0.0
    for name in ("mean", "max", "min", "sum"):
        masked = np.ma.masked_array(np.broadcast_to(1 / labels.sum(0), labels.shape), ~labels)
        rows = getattr(masked, name)(axis=1)
        wanted = (rows / rows.mean()).filled(1.0)
        worst = max(worst, largest(stage(f"image_weight({name})", "multi-label").row_weights, wanted))
    return worst


@check("rebalanced_weight", "equations 3 to 5 of Wu et al. 2020 as ratio of sampling frequencies, image by image")
def rebalanced_weight() -> float:
    """Hold every term against P^C / P^I of the paper."""
    labels = labels_of("multi-label").matrix
    counts, classes = labels.sum(axis=0), 5
    wanted = np.empty(labels.shape)
    for i, row in enumerate(labels):
        p_image = sum(1 / classes / counts[c] for c in range(classes) if row[c])
        for c in range(classes):
            r = 1 / classes / counts[c] / p_image if p_image else 1.0
            wanted[i, c] = 0.1 + 1 / (1 + math.exp(-10 * (r - 0.2)))
    return largest(term_weights("rebalanced_weight", "multi-label"), wanted)


@check("prevalence_weight", "weighted share of positives equal to the stated prevalence, mean weight of a class 1")
def prevalence_weight() -> float:
    """Hold the weighted prevalence of low-frequency classes against the one asked for."""
    labels = labels_of("multi-label").matrix
    weights = term_weights("prevalence_weight(0.3)", "multi-label")
    share = (weights * labels).sum(axis=0) / weights.sum(axis=0)
    wanted = np.where(LOW, 0.3, labels.mean(axis=0))
    return max(largest(share, wanted), largest(weights.mean(axis=0), np.ones(5)))


@check("reweight", "k on every term of an image with a low-frequency class, image by image")
def reweight() -> float:
    """Hold weights against a loop."""
    labels = labels_of("multi-label").matrix
    wanted = np.array([[3.0 if (row & LOW).any() else 1.0] * 5 for row in labels])
    return largest(term_weights("reweight(3)", "multi-label"), wanted)
