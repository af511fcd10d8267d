"""Smooth average precision, maximised by a linear head."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_STEPS = 50  # of L-BFGS, from a logistic regression
_QUERIES = 50  # positives of a class whose ranks are taken


@method(
    "smooth_ap",
    family="head",
    source="Brown et al., ECCV 2020, Smooth-AP (arXiv:2007.12163), over all rows",
    cites=("brown2020",),
    formula="w maximises the mean over positives i of (1 + sum over positives of s_ij) / (1 + sum over all of s_ij), "
    "s_ij = sigmoid((z_j - z_i) / temperature)",
    example="smooth_ap(1)",
)
def smooth_ap(train: TrainingSet, temperature: float = 1.0, penalty: float = 0.001) -> "SmoothApFit":
    """Fit a linear head by the average precision of each class with smooth ranks.

    A rank counts the rows above one; with the step replaced by a sigmoid it has a gradient. It starts at a penalised
    logistic regression and takes 50 L-BFGS steps at most, over all rows and up to 50 positives of a class, drawn once.
    Scores become probabilities by Platt scaling on the training rows.

    Assumptions:
        What ranks training images well ranks other images well.

    When it helps:
        Average precision is the criterion, and the loss of the many easy negatives hides what matters for it.

    Traps:
        The one loss aimed at average precision overfits it: at a low temperature the few positives of a rare class are
        ranked first on the training rows at once. The problem is not convex, and Platt scaling on rows that were fitted
        is overconfident.

    Args:
        train: the training part.
        temperature: 0.01 to 100; low ones are near the step and have hardly a gradient.
        penalty: 0.000001 to 1000, of half the squared weights.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(temperature, 0.01, 100, what="smooth_ap: temperature")
    check_range(penalty, 1e-6, 1e3, what="smooth_ap: penalty")
    return SmoothApFit(temperature, penalty)


@dataclass(frozen=True, eq=False)
class SmoothApFit:
    """The learner."""

    temperature: float
    penalty: float
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"smooth AP {self.temperature!r} {self.penalty!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit all classes at once; `seed` draws the positives of frequent classes."""
        x, mean, inverse = standardised(data)
        order = np.argsort(data.train)  # what is drawn must not depend on the order of rows
        x, labels = x[order], data.labels.matrix[data.train[order]]
        zeros = (np.zeros((x.shape[1], labels.shape[1])), np.zeros(labels.shape[1]))
        start = fit_linear(x, BinaryCrossEntropy(labels), 0.01, zeros, axes=axes_of(data).part(order))
        loss = SmoothAp.drawn(labels, self.temperature, np.random.default_rng(seed))
        weight, _ = fit_linear(x, loss, self.penalty, (start[0], zeros[1]), steps=_STEPS)
        slope, offset = platt(x @ weight, labels)
        return linear_head(weight * slope, offset, mean, inverse, "sigmoid")


@dataclass(frozen=True, eq=False)
class SmoothAp:
    """1 - smooth average precision, summed over the classes that have both labels."""

    labels: Bool[np.ndarray, "T C"]
    temperature: float
    queries: tuple[Int[np.ndarray, " _"], ...]  # of each class, the positives whose ranks are taken

    @classmethod
    def drawn(cls, labels: Bool[np.ndarray, "T C"], temperature: float, rng: np.random.Generator) -> "SmoothAp":
        """Draw the queries."""
        positives = [np.flatnonzero(column) for column in labels.T]
        queries = [rows if len(rows) <= _QUERIES else np.sort(rng.permutation(rows)[:_QUERIES]) for rows in positives]
        return cls(labels, temperature, tuple(queries))

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        value, slope = 0.0, np.zeros_like(z)
        for c in np.flatnonzero(self.labels.any(axis=0) & ~self.labels.all(axis=0)).tolist():
            precision, slope_c = _of_class(z[:, c], self.labels[:, c], self.queries[c], self.temperature)
            value, slope[:, c] = value + 1 - precision, -slope_c
        return value, slope


def _of_class(
    z: Float[np.ndarray, " T"], labels: Bool[np.ndarray, " T"], queries: Int[np.ndarray, " Q"], temperature: float
) -> tuple[float, Float[np.ndarray, " T"]]:
    """Return the smooth average precision of a class and its gradient."""
    above = expit((z - z[queries, None]) / temperature)  # (Q, T)
    above[np.arange(len(queries)), queries] = 0.0  # a row is not above itself
    hits, rows = 1 + above @ labels, 1 + above.sum(axis=1)
    by_above = (labels / rows[:, None] - (hits / rows**2)[:, None]) * above * (1 - above) / temperature / len(queries)
    slope = by_above.sum(axis=0)
    np.subtract.at(slope, queries, by_above.sum(axis=1))
    return float((hits / rows).mean()), slope
