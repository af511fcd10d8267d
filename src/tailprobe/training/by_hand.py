"""The trainer in torch: one head on one thread, forward and backward written out, every buffer used again.

For a batch of B rows x (B, D) with labels y (B, C) and loss weights w (B, C):

    z = x W1 + b1                   (B, W)    W1 is kept as (D, W): a tenth quicker than (W, D)
    h = relu(z) * keeps             (B, W)    the scale s = 1 / (1 - dropout) stands in the two products below
    l = s h W2' + b2                (B, C)    logits
    loss = sum(w * bce(l, y)) / (B C)
    g = w * (sigmoid(l) - y) / (B C)          d loss / d l; of a focused loss as in `losses`
    dW2 = s g' h,  db2 = sum g
    dz = s g W2 where h > 0, else 0 (B, W)    h > 0 just where the unit was active and kept
    dW1 = x' dz,  db1 = sum dz
"""

from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import binary_cross_entropy_with_logits

from tailprobe.labels import Labels
from tailprobe.training.losses import focus, loss_slopes, loss_terms
from tailprobe.training.randomness import dropout_keeps, dropout_key, initial_head
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask

_BLOCK = 1024  # rows fetched at once, with their labels and dropout bits; their loss is taken at once too
_HELD = 8192  # rows validated at once


@dataclass(frozen=True, eq=False)
class _Parameters:
    """Weights of one head, views of one flat vector so that the optimiser takes one pass; gradients likewise."""

    flat: torch.Tensor
    hidden_weight: torch.Tensor  # (D, W)
    hidden_bias: torch.Tensor  # (W,)
    output_weight: torch.Tensor  # (C, W)
    output_bias: torch.Tensor  # (C,)

    @classmethod
    def like(cls, tensors: tuple[torch.Tensor, ...]) -> "_Parameters":
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        parts = flat.split([tensor.numel() for tensor in tensors])
        return cls(flat, *(part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)))

    @property
    def views(self) -> tuple[torch.Tensor, ...]:
        return self.hidden_weight, self.hidden_bias, self.output_weight, self.output_bias


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows of several batches."""

    x: Float[torch.Tensor, "R D"]
    y: Float[torch.Tensor, "R C"]
    keeps: Float[torch.Tensor, "R W"]  # 0 or 1
    weights: Float[torch.Tensor, "R C"] | None  # of the loss terms; None for 1
    gamma: Float[torch.Tensor, "R C"] | None  # of a focused loss


class TorchTrainer:
    """One head in training."""

    def __init__(
        self, embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask, scale: Standardisation
    ) -> None:
        self._embeddings, self._labels, self._task, self._scale = embeddings, labels, task, scale
        for rows in (task.train, task.validation):
            if len(rows) and (rows.min() < 0 or rows.max() >= len(embeddings)):
                raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(embeddings)} embeddings")
        at_once = max(min(_HELD, len(task.validation)), self._block_rows)
        self._fetched = np.empty((at_once, embeddings.shape[1]), embeddings.dtype)
        plan = task.plan
        self._weighted = not (plan.row_weights is plan.positive_weights is plan.negative_weights is None)
        hidden_weight, *others = initial_head(
            task.key.seed, inputs=embeddings.shape[1], width=task.recipe.width, classes=len(labels.classes)
        )
        self._stepper = _Stepper(_Parameters.like((hidden_weight.T, *others)), task)

    def epoch(self, epoch: int) -> float:
        """Train an epoch and return its mean training loss."""
        recipe, seed = self._task.recipe, self._task.key.seed
        drawn = self._task.draw(epoch)
        key = dropout_key(seed, epoch)
        block = self._block_rows
        total = 0.0
        for first in range(0, len(drawn), block):
            rows = self._block(drawn[first : first + block], key, first)
            logits = self._stepper.train(rows, recipe.learning_rate_in(epoch))
            terms = loss_terms(logits, rows.y, rows.gamma)
            total += float((terms if rows.weights is None else terms * rows.weights).sum())
        return total / (len(drawn) * len(self._labels.classes))

    @property
    def _block_rows(self) -> int:
        batch = self._task.recipe.batch_size
        return max(1, _BLOCK // batch) * batch

    def validation_loss(self) -> float:
        """Return the mean plain loss of the validation rows; NaN where there are none."""
        held, total = self._task.validation, 0.0
        weights = self._stepper.weights
        for first in range(0, len(held), _HELD):
            rows = held[first : first + _HELD]
            h = torch.addmm(weights.hidden_bias, self._rows(rows), weights.hidden_weight).relu_()
            logits = torch.addmm(weights.output_bias, h, weights.output_weight.T)
            total += float(binary_cross_entropy_with_logits(logits, self._carried(rows), reduction="sum"))
        return total / (len(held) * len(self._labels.classes)) if len(held) else float("nan")

    def weights(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of both layers."""
        hidden_weight, *others = self._stepper.weights.views
        return [hidden_weight.T.clone(memory_format=torch.contiguous_format), *(value.clone() for value in others)]

    def _block(self, drawn: Int[np.ndarray, " R"], key: int, first: int) -> _Block:
        recipe, rows = self._task.recipe, self._task.train[drawn]
        keeps = dropout_keeps(key, first=first, rows=len(rows), width=recipe.width, rate=recipe.dropout)
        weights = self._loss_weights(drawn, rows) if self._weighted else None
        y = self._carried(rows)
        return _Block(self._rows(rows), y, torch.from_numpy(keeps.astype(np.float32)), weights, self._focus(y))

    def _focus(self, y: torch.Tensor) -> torch.Tensor | None:
        plan = self._task.plan
        gammas = torch.tensor(plan.positive_focus), torch.tensor(plan.negative_focus)
        return focus(y, *gammas) if plan.focused else None

    def _loss_weights(self, drawn: Int[np.ndarray, " R"], rows: Int[np.ndarray, " R"]) -> torch.Tensor:
        batch, plan, matrix = self._task.recipe.batch_size, self._task.plan, self._labels.matrix
        parts = range(0, len(rows), batch)
        return torch.from_numpy(
            np.concatenate([plan.loss_weights(matrix[rows[i : i + batch]], drawn[i : i + batch]) for i in parts])
        )

    def _rows(self, rows: Int[np.ndarray, " R"]) -> torch.Tensor:
        x = self._taken(rows).astype(np.float32, copy=False)
        return torch.from_numpy(self._scale.apply(x) if self._task.standardise else x)

    def _taken(self, rows: Int[np.ndarray, " R"]) -> Float[np.ndarray, "R D"]:
        if not self._embeddings.flags.c_contiguous:  # np.take would copy all of them first
            return self._embeddings[rows]
        # Into the same memory each time: fresh pages would cost as much as the copy.
        return np.take(self._embeddings, rows, axis=0, out=self._fetched[: len(rows)], mode="clip")

    def _carried(self, rows: Int[np.ndarray, " R"]) -> torch.Tensor:
        return torch.from_numpy(self._labels.matrix[rows].astype(np.float32))


def _mean_weights(block: _Block, batch: int) -> torch.Tensor:
    """Return the (R, C) weights of the loss terms, over the number of terms of their batch."""
    rows, classes = block.y.shape
    weights = torch.ones(rows, classes) if block.weights is None else block.weights
    whole = rows - rows % batch
    terms = classes * torch.tensor([batch, rows % batch or 1]).repeat_interleave(torch.tensor([whole, rows - whole]))
    return weights / terms[:, None]


def memory_bytes(*, inputs: int, width: int, classes: int, batch: int) -> int:
    """Return what one head in training takes: weights, gradients, Adam's two moments, and a block of rows.

    Rows are held twice, as they are stored and as they are used; so are the units of a block of validation rows.
    """
    parameters = width * (inputs + 1) + classes * (width + 1)
    block = max(_BLOCK, batch) * (2 * inputs + 3 * width + 8 * classes)
    held = _HELD * (2 * inputs + 2 * width + 4 * classes)
    return 4 * (4 * parameters + max(block, held) + 2 * batch * (width + classes))


class _Stepper:
    """One optimiser step after another on the same buffers."""

    def __init__(self, weights: _Parameters, task: HeadTask) -> None:
        recipe = task.recipe
        self.weights = weights
        self._gradients = _Parameters.like(tuple(torch.zeros_like(view) for view in weights.views))
        self._means, self._squares = torch.zeros_like(weights.flat), torch.zeros_like(weights.flat)
        self._steps = 0
        self._batch, self._decay, self._scale = recipe.batch_size, recipe.weight_decay, 1 / (1 - recipe.dropout)
        self._output_weight = weights.output_weight.T
        self._buffers: dict[int, tuple[torch.Tensor, ...]] = {}

    def train(self, block: _Block, rate: float) -> torch.Tensor:
        """Take a step for each batch of the block and return its (R, C) logits as each was before its step."""
        logits = torch.empty_like(block.y)
        parts = (block.x, block.y, block.keeps, _mean_weights(block, self._batch), logits)
        split = [*(part.split(self._batch) for part in parts), block.x.T.split(self._batch, dim=1)]
        batches = len(split[0])
        gammas = repeat(None, batches) if block.gamma is None else block.gamma.split(self._batch)
        steps = torch.arange(self._steps + 1.0, self._steps + batches + 1.0).unbind()
        for x, y, keeps, w, out, x_transposed, gamma, step in zip(*split, gammas, steps, strict=True):
            self._gradient(x, y, keeps, w, out, x_transposed, gamma)
            self._adam(rate, step)
        self._steps += batches
        return logits

    def _gradient(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        keeps: torch.Tensor,
        w: torch.Tensor,
        logits: torch.Tensor,
        x_transposed: torch.Tensor,
        gamma: torch.Tensor | None,
    ) -> None:
        # Every call is short enough for what goes on around it to count: views are made once, not in each step.
        weights, gradients = self.weights, self._gradients
        h, active, dz, g, g_transposed = self._buffers_for(len(x))
        torch.addmm(weights.hidden_bias, x, weights.hidden_weight, out=h)
        h.relu_().mul_(keeps)
        torch.addmm(weights.output_bias, h, self._output_weight, alpha=self._scale, out=logits)
        loss_slopes(logits, y, gamma, out=g).mul_(w)
        torch.addmm(gradients.output_weight, g_transposed, h, beta=0, alpha=self._scale, out=gradients.output_weight)
        torch.sum(g, 0, out=gradients.output_bias)
        torch.addmm(dz, g, weights.output_weight, beta=0, alpha=self._scale, out=dz)
        dz.mul_(torch.sign(h, out=active))  # h is not negative
        torch.mm(x_transposed, dz, out=gradients.hidden_weight)
        torch.sum(dz, 0, out=gradients.hidden_bias)

    def _buffers_for(self, rows: int) -> tuple[torch.Tensor, ...]:
        """Return h, where it is active, and dz, (B, W) each, g (B, C) and g'."""
        if rows not in self._buffers:
            classes, width = self.weights.output_weight.shape
            h, active, dz = torch.zeros(3, rows, width)
            g = torch.zeros(rows, classes)
            self._buffers[rows] = (h, active, dz, g, g.T)
        return self._buffers[rows]

    def _adam(self, rate: float, step: torch.Tensor) -> None:
        # What torch.optim.Adam(fused=True) calls in the end; its own way there takes twice as long as the update.
        torch._fused_adam_(
            [self.weights.flat], [self._gradients.flat], [self._means], [self._squares], [], [step],
            lr=rate, beta1=0.9, beta2=0.999, weight_decay=self._decay, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip
