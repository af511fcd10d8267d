"""The trainer in use: one head on one thread, forward and backward written out, every buffer used again.

For a batch of B rows x (B, D) with labels y (B, C) and loss weights w (B, C):

    z = x W1' + b1                  (B, W)
    h = relu(z) * keeps             (B, W)    the scale s = 1 / (1 - dropout) stands in the two products below
    l = s h W2' + b2                (B, C)    logits
    loss = sum(w * bce(l, y)) / (B C)
    g = w * (sigmoid(l) - y) / (B C)          d loss / d l
    dW2 = s g' h,  db2 = sum g
    dz = s g W2 where h > 0, else 0 (B, W)    h > 0 just where the unit was active and kept
    dW1 = dz' x,  db1 = sum dz
"""

import time
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch.nn.functional import binary_cross_entropy_with_logits

from tailprobe.labels import Labels
from tailprobe.training.head import Head, History
from tailprobe.training.randomness import dropout_keeps, dropout_key, initial_head, row_order
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask

_BLOCK = 16  # batches whose rows, labels and dropout bits are fetched at once


@dataclass(frozen=True, eq=False)
class _Parameters:
    """Weights of one head, views of one flat vector so that the optimiser takes one pass; gradients likewise."""

    flat: torch.Tensor
    hidden_weight: torch.Tensor  # (W, D)
    hidden_bias: torch.Tensor  # (W,)
    output_weight: torch.Tensor  # (C, W)
    output_bias: torch.Tensor  # (C,)

    @classmethod
    def like(cls, shapes: list[torch.Size]) -> "_Parameters":
        sizes = [shape.numel() for shape in shapes]
        flat = torch.zeros(sum(sizes))
        views = [part.view(shape) for part, shape in zip(flat.split(sizes), shapes, strict=True)]
        return cls(flat, *views)


def fit_head(embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask) -> Head:
    """Train one head; equal to `reference.train_plainly` within float tolerance.

    Args:
        embeddings: (N, D) float32 or float16, may be memory-mapped; rows of the whole collection.
        labels: (N, C) labels of the same rows.
        task: what to train.
    """
    started = time.perf_counter()
    scale = Standardisation.of(embeddings, task.train, wanted=task.standardise)
    first = initial_head(
        task.key.seed, inputs=embeddings.shape[1], width=task.recipe.width, classes=len(labels.classes)
    )
    weights = _Parameters.like([value.shape for value in first])
    for view, value in zip(
        (weights.hidden_weight, weights.hidden_bias, weights.output_weight, weights.output_bias), first, strict=True
    ):
        view.copy_(value)
    stepper = _Stepper(weights, task)
    validator = _Validator(embeddings, labels, task, scale)
    training, validation = np.empty(task.recipe.epochs), np.empty(task.recipe.epochs)
    kept, best = weights.flat.clone(), 0
    for epoch in range(task.recipe.epochs):
        training[epoch] = _epoch(stepper, embeddings, labels, task, scale, epoch)
        validation[epoch] = validator.loss(weights)
        if task.recipe.keep == "last" or epoch == 0 or validation[epoch] < validation[best]:
            kept.copy_(weights.flat)
            best = epoch
    weights.flat.copy_(kept)
    hidden_weight, hidden_bias = scale.fold(weights.hidden_weight, weights.hidden_bias)
    history = History(training, validation, best, task.steps, time.perf_counter() - started)
    return Head(hidden_weight, hidden_bias, weights.output_weight.clone(), weights.output_bias.clone(), history)


def _epoch(
    stepper: "_Stepper",
    embeddings: Float[np.ndarray, "N D"],
    labels: Labels,
    task: HeadTask,
    scale: Standardisation,
    epoch: int,
) -> float:
    """Run one epoch and return its mean training loss."""
    recipe, plan = task.recipe, task.plan
    stepper.begin_epoch(recipe.learning_rate_in(epoch))
    drawn = plan.rows[row_order(task.key.seed, epoch, len(plan.rows))]
    key = dropout_key(task.key.seed, epoch)
    total = 0.0
    for first in range(0, len(drawn), _BLOCK * recipe.batch_size):
        positions = drawn[first : first + _BLOCK * recipe.batch_size]
        rows = task.train[positions]
        keeps = dropout_keeps(key, first=first, rows=len(rows), width=recipe.width, rate=recipe.dropout)
        x = embeddings[rows].astype(np.float32, copy=False)
        block = (
            torch.from_numpy(scale.apply(x) if task.standardise else x),
            torch.from_numpy(labels.matrix[rows].astype(np.float32)),
            torch.from_numpy(keeps.astype(np.float32)),
        )
        for start in range(0, len(rows), recipe.batch_size):
            stop = min(start + recipe.batch_size, len(rows))
            x, y, keep = (part[start:stop] for part in block)
            batch = positions[start:stop]
            w = None if stepper.plain else torch.from_numpy(plan.loss_weights(labels.matrix[rows[start:stop]], batch))
            total += stepper.step(x, y, keep, w)
    return total / len(drawn)


class _Stepper:
    """One optimiser step after another on the same buffers."""

    def __init__(self, weights: _Parameters, task: HeadTask) -> None:
        plan, recipe = task.plan, task.recipe
        self.plain = plan.row_weights is plan.positive_weights is plan.negative_weights is None
        self._weights = weights
        self._gradients = _Parameters.like(
            [
                weights.hidden_weight.shape,
                weights.hidden_bias.shape,
                weights.output_weight.shape,
                weights.output_bias.shape,
            ]
        )
        self._scale = 1 / (1 - recipe.dropout)
        self._hidden = torch.empty(recipe.batch_size, recipe.width)
        self._upstream = torch.empty(recipe.batch_size, recipe.width)
        flat = torch.nn.Parameter(weights.flat, requires_grad=False)
        flat.grad = self._gradients.flat
        self._optimiser = torch.optim.Adam(
            [flat], lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )

    def begin_epoch(self, learning_rate: float) -> None:
        self._optimiser.param_groups[0]["lr"] = learning_rate

    def step(self, x: torch.Tensor, y: torch.Tensor, keep: torch.Tensor, w: torch.Tensor | None) -> float:
        """Take one step and return the batch's loss times its rows."""
        weights, gradients, rows = self._weights, self._gradients, len(x)
        h, dz = self._hidden[:rows], self._upstream[:rows]
        torch.addmm(weights.hidden_bias, x, weights.hidden_weight.T, out=h)
        h.relu_().mul_(keep)
        logits = torch.addmm(weights.output_bias, h, weights.output_weight.T, alpha=self._scale)
        loss = binary_cross_entropy_with_logits(logits, y, weight=w, reduction="sum")
        g = logits.sigmoid_().sub_(y)
        if w is not None:
            g.mul_(w)
        g.div_(y.numel())
        torch.mm(g.T, h, out=gradients.output_weight)
        gradients.output_weight.mul_(self._scale)
        torch.sum(g, 0, out=gradients.output_bias)
        torch.addmm(dz, g, weights.output_weight, beta=0, alpha=self._scale, out=dz)
        torch.ops.aten.threshold_backward.grad_input(dz, h, 0, grad_input=dz)
        torch.mm(dz.T, x, out=gradients.hidden_weight)
        torch.sum(dz, 0, out=gradients.hidden_bias)
        self._optimiser.step()
        return float(loss) / y.shape[1]


class _Validator:
    """The plain loss on the validation rows, standardised once."""

    def __init__(
        self, embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask, scale: Standardisation
    ) -> None:
        self._x = torch.from_numpy(scale.apply(embeddings[task.validation]))
        self._y = torch.from_numpy(labels.matrix[task.validation].astype(np.float32))

    def loss(self, weights: _Parameters) -> float:
        h = torch.addmm(weights.hidden_bias, self._x, weights.hidden_weight.T).relu_()
        logits = torch.addmm(weights.output_bias, h, weights.output_weight.T)
        return float(binary_cross_entropy_with_logits(logits, self._y))
