"""Meta-Weight-Net: a small network weighs loss terms so that a step on them helps balanced rows held back."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.sparse.linalg import svds
from torch.nn.functional import binary_cross_entropy_with_logits

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_HIDDEN = 20  # of the network, 100 as published: a function of one number needs no more
_META_RATE = 1e-3  # Adam's learning rate for it
_BETAS = (0.9, 0.999)  # Adam's
_MOST = 10  # images a class that are held back; at most half of its images


@method(
    "meta_weight",
    family="weighting",
    source="Shu et al., NeurIPS 2019, algorithm 1 (arXiv:1902.07379), on the terms of a linear head and all rows",
    cites=("shu2019",),
    formula="weight V(loss) of a term; V learned so that a step on the weighted terms lowers the loss of balanced rows",
    example="meta_weight(50)",
)
def meta_weight(train: TrainingSet, steps: int = 50) -> "MetaWeightFit":
    """Train a linear head by loss terms weighted by a network of their loss, which balanced training rows teach.

    Ten images of each class, at most half of its images, are held back from the training part, the rarest class first.
    The head starts at a penalised logistic regression on the others. Each step tries an update of the head with the
    weights as they are, moves the network along the gradient of the loss of the rows held back, in which positives and
    negatives of a class count alike, and then updates the head. No validation row is used.

    Assumptions:
        How a term should count can be read from its loss, whatever its class.

    When it helps:
        Labels are noisy, or it is not known whether hard terms should count more or less.

    Traps:
        The rows held back are missing for training, most of all those of rare classes, and six of them are noise. A
        network of the loss alone cannot tell a rare class from a wrong label: both have large losses.

    Args:
        train: the training part.
        steps: 1 to 10000, after the logistic regression.

    Raises:
        InputError: a number outside that range.
    """
    check_range(steps, 1, 10000, what="meta_weight: steps")
    return MetaWeightFit(steps)


@dataclass(frozen=True, eq=False)
class MetaWeightFit:
    """The learner."""

    steps: int
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of the number of steps."""
        return sha256(f"meta weights, half of a class held back {self.steps}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit all classes at once; `seed` draws the rows held back and the first network."""
        x, mean, inverse = standardised(data)
        order = np.argsort(data.train)  # what is drawn must not depend on the order of rows
        x, labels, rng = x[order], data.labels.matrix[data.train[order]], np.random.default_rng(seed)
        held = held_back(labels, rng)
        start = (np.zeros((x.shape[1], labels.shape[1])), np.zeros(labels.shape[1]))
        axes = axes_of(data).part(order[~held])
        weight, bias = fit_linear(x[~held], BinaryCrossEntropy(labels[~held]), 0.01, start, axes=axes)
        descent = MetaDescent(x.astype(np.float32), labels, held, network(rng))
        found = descent.run(np.column_stack([weight.T, bias]), self.steps)
        return linear_head(found[:, :-1].T, found[:, -1], mean, inverse, "sigmoid")


def held_back(labels: Bool[np.ndarray, "T C"], rng: np.random.Generator) -> Bool[np.ndarray, " T"]:
    """Draw the rows that teach the network: 10 of each class, at most half of its rows, the rarest class first.

    A row is held back for all its labels; one that would take more than half of any of them is not.
    """
    held, counts = np.zeros(len(labels), dtype=bool), labels.sum(axis=0)
    taken = np.zeros_like(counts)
    for c in np.argsort(counts, kind="stable"):
        for row in rng.permutation(np.flatnonzero(labels[:, c] & ~held)):
            if taken[c] >= min(_MOST, counts[c] // 2):
                break
            if np.all((taken < counts // 2)[labels[row]]):
                held[row] = True
                taken += labels[row]
    return held


def network(rng: np.random.Generator, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    """Return the first weights and biases of loss -> 20 units -> weight, as `torch.nn.Linear` draws them."""
    hidden = [rng.uniform(-1, 1, (1, _HIDDEN)), rng.uniform(-1, 1, _HIDDEN)]
    output = [rng.uniform(-0.1, 0.1, (_HIDDEN, 1)), rng.uniform(-0.1, 0.1, 1)]
    return [torch.from_numpy(part).to(dtype).requires_grad_() for part in (*hidden, *output)]


class MetaDescent:
    """The descent of head and network, in the dtype of x; weights are (C, D + 1), the bias last, and terms (C, T).

    Classes come first, so that products are taken along rows as they lie in memory.
    """

    def __init__(
        self,
        x: Float[np.ndarray, "T D"],
        labels: Bool[np.ndarray, "T C"],
        held: Bool[np.ndarray, " T"],
        parameters: list[torch.Tensor],
    ) -> None:
        one = np.column_stack([x, np.ones(len(x), x.dtype)])
        self.parameters = parameters
        self._rows, self._held_rows = (torch.from_numpy(one[of]) for of in (~held, held))
        self._labels, self._held_labels = (torch.from_numpy(labels[of].T.astype(x.dtype)) for of in (~held, held))
        # Of a class's mean loss the curvature is at most a quarter of the rows' largest second moment.
        self.rate = 4 * len(self._rows) / largest_singular_value(one[~held]) ** 2

    def run(self, weights: Float[np.ndarray, "C E"], steps: int) -> Float[np.ndarray, "C E"]:
        """Return the head's weights, float64, after some steps."""
        w, adam = torch.from_numpy(weights).to(self._rows.dtype), Adam(self.parameters)
        for _ in range(steps):
            terms = self.terms(w)
            adam.step(torch.autograd.grad(self.meta_loss(self.stepped(w, terms)), self.parameters))
            with torch.no_grad():
                w = self.stepped(w, terms)
        return w.double().numpy()

    def terms(self, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the losses of all terms and their gradient by the logits."""
        z = weights @ self._rows.T
        return binary_cross_entropy_with_logits(z, self._labels, reduction="none"), torch.sigmoid(z) - self._labels

    def meta_loss(self, weights: torch.Tensor) -> torch.Tensor:
        """Return the balanced loss of the rows held back, differentiable by the weights."""
        z, y = weights @ self._held_rows.T, self._held_labels
        terms = binary_cross_entropy_with_logits(z, y, reduction="none")
        sides = [(terms * side).sum(dim=1) / side.sum(dim=1).clamp_min(1) for side in (y, 1 - y)]
        return (sides[0] + sides[1]).sum() / 2

    def stepped(self, weights: torch.Tensor, terms: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Return the weights after a step on the weighted `terms`, each class's weights adding up to 1.

        Differentiable by the network.
        """
        losses, slopes = terms
        of_terms = self.term_weights(losses)
        return weights - self.rate * (of_terms / of_terms.sum(dim=1, keepdim=True) * slopes) @ self._rows

    def term_weights(self, losses: torch.Tensor) -> torch.Tensor:
        """Return the network's weight of each loss, in (0, 1)."""
        first, offset, second, last = self.parameters
        hidden = torch.relu(losses[..., None] @ first + offset)
        return torch.sigmoid(hidden @ second + last)[..., 0]


class Adam:
    """Adam of Kingma and Ba (ICLR 2015, algorithm 1) for a few small tensors.

    `torch.optim` imports torch's compiler at its first step, which takes longer than the whole descent.
    """

    def __init__(self, parameters: Sequence[torch.Tensor]) -> None:
        self._parameters, self._steps = parameters, 0
        self._means = [torch.zeros_like(p) for p in parameters]
        self._squares = [torch.zeros_like(p) for p in parameters]

    def step(self, gradients: Sequence[torch.Tensor]) -> None:
        """Move the parameters."""
        self._steps += 1
        one, two = (1 - beta**self._steps for beta in _BETAS)
        with torch.no_grad():
            for p, g, mean, square in zip(self._parameters, gradients, self._means, self._squares, strict=True):
                mean.lerp_(g, 1 - _BETAS[0])
                square.lerp_(g * g, 1 - _BETAS[1])
                p.sub_(_META_RATE * (mean / one) / ((square / two).sqrt() + 1e-8))


def largest_singular_value(rows: Float[np.ndarray, "T E"]) -> float:
    """Return the largest singular value, by Lanczos' method from a fixed start."""
    start = np.random.default_rng(0).standard_normal(min(rows.shape)).astype(rows.dtype)
    return float(svds(rows, k=1, v0=start, return_singular_vectors=False)[0])
