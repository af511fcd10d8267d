"""The trainer in torch: one head on one thread, explicit forward and backward passes, every buffer reused.

For a batch of B rows x (B, D) with labels y (B, C) and weights w (B, C) of their loss terms, divided by their number:

    z = x W1 + b1                   (B, W)    W1 is stored as (D, W), which is faster than (W, D)
    h = relu(z) * keeps             (B, W)    the scale s = 1 / (1 - dropout) is in the two products below
    l = s h W2' + b2                (B, C)    logits
    g = d sum(w loss(l, y)) / d l   (B, C)    see `loss.py`
    dW2 = s g' h,  db2 = sum g
    dz = s g W2 where h > 0, else 0 (B, W)    h > 0 exactly where the unit was active and kept
    dW1 = x' dz,  db1 = sum dz

A linear head has l = x W' + b, dW = g' x, db = sum g.
"""

from dataclasses import dataclass
from itertools import starmap
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tailprobe.training.data import TrainingData
from tailprobe.training.loss import TABLES, LossTables, TermLoss, loss_gradient, loss_terms, terms_per_row
from tailprobe.training.randomness import dropout_keeps, dropout_key, initial_head, restarted_output
from tailprobe.training.task import HeadTask, ScheduledStage
from tailprobe.training.trainer import Epoch

_BLOCK = 1024  # rows fetched at once, with their labels and dropout bits; their loss is taken at once too
_HELD_OUT = 8192  # rows validated at once


class TorchTrainer:
    """One head in training; see `Trainer`."""

    def __init__(self, data: TrainingData, task: HeadTask) -> None:
        self._data, self._task, self._recipe = data, task, task.effective_recipe
        at_once = max(min(_HELD_OUT, len(data.validation)), self._block_rows)
        self._fetched = np.empty((at_once, data.vectors.shape[1]), data.vectors.dtype)
        first = initial_head(
            task.stream_seed, inputs=data.vectors.shape[1], width=self._recipe.width, classes=data.matrix.shape[1]
        )
        self._stepper = _MlpStepper(first, task) if self._recipe.width else _LinearStepper(first, task)
        self._stage: ScheduledStage | None = None
        self._tables = LossTables("sigmoid", {})

    def begin_stage(self, stage: ScheduledStage) -> None:
        """Take the rows, the weights and the loss of a stage, and what it trains."""
        self._stage, self._tables = stage, LossTables.of(stage.stage.loss)
        self._weighted = stage.stage.row_weights is not None or stage.stage.loss.weight is not None
        self._stepper.output_only = stage.stage.trains == "output"
        if stage.stage.restart_output:
            output = self._stepper.parameters.views[-2]
            anew = restarted_output(
                self._task.stream_seed, fan_in=output.shape[1], classes=output.shape[0], stage=stage.index
            )
            self._stepper.restart(anew)

    def train_epoch(self, epoch: Epoch) -> float:
        """Train an epoch of the stage and return its mean training loss."""
        assert self._stage is not None
        drawn = self._task.draw(self._stage, epoch.in_stage)
        key = dropout_key(self._task.stream_seed, epoch.overall)
        rate = self._recipe.learning_rate_in(epoch.overall)
        total = 0.0
        for first in range(0, len(drawn), self._block_rows):
            block = self._block(drawn[first : first + self._block_rows], key, first)
            logits = self._stepper.train(block, rate)
            terms = loss_terms(logits, block.y, block.loss)
            total += float((terms if block.weights is None else terms * block.weights).sum())
        return total / (len(drawn) * terms_per_row(self._tables.link, self._data.matrix.shape[1]))

    def validate(self, logits: Float[np.ndarray, "V C"] | None = None) -> float:
        """Return the mean plain loss of the link over the validation rows; NaN if there are none."""
        held_out, total, link = self._data.validation, 0.0, self._task.plan.link
        for first in range(0, len(held_out), _HELD_OUT):
            rows = held_out[first : first + _HELD_OUT]
            z, y = self._stepper.logits(self._rows(rows)), self._carried(rows)
            if logits is not None:
                logits[first : first + len(rows)] = z.numpy()
            if link == "sigmoid":
                total += float(binary_cross_entropy_with_logits(z, y, reduction="sum"))
            else:
                total += float(cross_entropy(z, y, reduction="sum"))
        terms = len(held_out) * terms_per_row(link, self._data.matrix.shape[1])
        return total / terms if terms else float("nan")

    def parameters(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of each layer."""
        return self._stepper.copies()

    @property
    def _block_rows(self) -> int:
        batch = self._recipe.batch_size
        return max(1, _BLOCK // batch) * batch

    def _block(self, drawn: Int[np.ndarray, " R"], key: int, first: int) -> "_Block":
        recipe, rows = self._recipe, self._data.train[drawn]
        keeps = dropout_keeps(key, first=first, rows=len(rows), width=recipe.width, rate=recipe.dropout)
        weights = self._term_weights(drawn, rows) if self._weighted else None
        y = self._carried(rows)
        return _Block(self._rows(rows), y, torch.from_numpy(keeps.astype(np.float32)), weights, self._tables.look_up(y))

    def _term_weights(self, drawn: Int[np.ndarray, " R"], rows: Int[np.ndarray, " R"]) -> torch.Tensor:
        assert self._stage is not None
        batch, stage, matrix = self._recipe.batch_size, self._stage.stage, self._data.matrix
        parts = range(0, len(rows), batch)
        return torch.from_numpy(
            np.concatenate([stage.term_weights(matrix[rows[i : i + batch]], drawn[i : i + batch]) for i in parts])
        )

    def _rows(self, rows: Int[np.ndarray, " R"]) -> torch.Tensor:
        x = self._taken(rows).astype(np.float32, copy=False)
        return torch.from_numpy(self._data.scale.apply(x) if self._task.standardise else x)

    def _taken(self, rows: Int[np.ndarray, " R"]) -> Float[np.ndarray, "R D"]:
        vectors = self._data.vectors
        if not vectors.flags.c_contiguous:  # np.take would copy all of them first
            return vectors[rows]
        # Into the same memory each time: fresh pages would cost as much as the copy.
        return np.take(vectors, rows, axis=0, out=self._fetched[: len(rows)], mode="clip")

    def _carried(self, rows: Int[np.ndarray, " R"]) -> torch.Tensor:
        return torch.from_numpy(self._data.matrix[rows].astype(np.float32))


def memory_bytes(*, inputs: int, width: int, classes: int, batch: int) -> int:
    """Return what one head in training takes: weights, gradients, Adam's two moments, and a block of rows.

    Rows are held twice, as they are stored and as they are used; so are the units of a block of validation rows.
    """
    parameters = width * (inputs + 1) + classes * ((width or inputs) + 1)
    block = max(_BLOCK, batch) * (2 * inputs + 3 * width + 12 * classes)
    held_out = _HELD_OUT * (2 * inputs + 2 * width + 4 * classes)
    return 4 * (4 * parameters + max(block, held_out) + 2 * batch * (width + classes))


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows of several batches."""

    x: Float[torch.Tensor, "R D"]
    y: Float[torch.Tensor, "R C"]
    keeps: Float[torch.Tensor, "R W"]  # 0 or 1
    weights: Float[torch.Tensor, "R C"] | None  # of the loss terms; None for 1
    loss: TermLoss

    def split_losses(self, batch: int) -> list[TermLoss]:
        """Return the loss of each batch."""
        tables = {name: getattr(self.loss, name) for name in TABLES}
        split = {name: table.split(batch) for name, table in tables.items() if table is not None}
        batches = -(-len(self.y) // batch)
        return [TermLoss(self.loss.link, **{name: parts[i] for name, parts in split.items()}) for i in range(batches)]

    def mean_weights(self, batch: int) -> torch.Tensor:
        """Return the (R, C) weights of the loss terms, divided by the number of terms of their batch."""
        rows, classes = self.y.shape
        weights = torch.ones(rows, classes) if self.weights is None else self.weights
        whole = rows - rows % batch
        sizes = torch.tensor([batch, rows % batch or 1]).repeat_interleave(torch.tensor([whole, rows - whole]))
        return weights / (terms_per_row(self.loss.link, classes) * sizes)[:, None]


@dataclass(frozen=True, eq=False)
class _Parameters:
    """Weights of one head as views of one flat vector, so that the optimiser needs one pass; gradients likewise."""

    flat: torch.Tensor
    views: tuple[torch.Tensor, ...]  # hidden weight (D, W) and bias, if there are such; output weight and bias

    @classmethod
    def like(cls, tensors: tuple[torch.Tensor, ...]) -> "_Parameters":
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        parts = flat.split([tensor.numel() for tensor in tensors])
        return cls(flat, tuple(part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)))


class _Batch(NamedTuple):
    """B rows of a block."""

    x: torch.Tensor  # (B, D)
    y: torch.Tensor  # (B, C)
    keeps: torch.Tensor  # (B, W), the hidden units that dropout keeps
    weights: torch.Tensor  # (B, C), of the loss terms, over their number in the batch
    logits: torch.Tensor  # (B, C), to be written
    x_transposed: torch.Tensor  # (D, B)
    loss: TermLoss


class _Stepper:
    """Takes optimiser steps, all on the same buffers."""

    def __init__(self, first: tuple[torch.Tensor, ...], task: HeadTask) -> None:
        recipe = task.effective_recipe
        self.parameters = _Parameters.like(first)
        self.output_only = False  # whether the hidden layer is frozen
        self._gradients = _Parameters.like(tuple(torch.zeros_like(view) for view in self.parameters.views))
        self._means, self._squares = torch.zeros_like(self.parameters.flat), torch.zeros_like(self.parameters.flat)
        self._steps = 0
        self._optimiser = task.plan.optimiser
        self._batch, self._decay, self._scale = recipe.batch_size, recipe.weight_decay, 1 / (1 - recipe.dropout)
        self._output_start = len(self.parameters.flat) - sum(view.numel() for view in self.parameters.views[-2:])

    def restart(self, output: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Set the output layer's weights and reset Adam's state."""
        for view, value in zip(self.parameters.views[-2:], output, strict=True):
            view.copy_(value)
        self._means.zero_()
        self._squares.zero_()
        self._steps = 0

    def train(self, block: _Block, rate: float) -> torch.Tensor:
        """Take a step for each batch of the block and return its (R, C) logits as each was before its step."""
        logits = torch.empty_like(block.y)
        parts = (block.x, block.y, block.keeps, block.mean_weights(self._batch), logits)
        split = [*(part.split(self._batch) for part in parts), block.x.T.split(self._batch, dim=1)]
        losses = block.split_losses(self._batch)
        steps = torch.arange(self._steps + 1.0, self._steps + len(losses) + 1.0).unbind()
        for batch, step in zip(starmap(_Batch, zip(*split, losses, strict=True)), steps, strict=True):
            self._gradient(batch)
            if self._optimiser.radius:
                self._gradient_nearby(batch)
            self._step(rate, step)
        self._steps += len(losses)
        return logits

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C), without dropout."""
        raise NotImplementedError

    def copies(self) -> list[torch.Tensor]:
        """Return copies of the parameters, weights as (outputs, inputs)."""
        raise NotImplementedError

    def _gradient(self, batch: _Batch) -> None:
        """Write the batch's logits and the gradient of its loss."""
        raise NotImplementedError

    def _gradient_nearby(self, batch: _Batch) -> None:
        """Replace the gradient by that at the weights + radius gradient / |gradient|, which are then put back."""
        start = self._output_start if self.output_only else 0
        weights, gradients, logits = self.parameters.flat[start:], self._gradients.flat[start:], batch.logits.clone()
        length = gradients.norm()
        if not length:
            return
        before = weights.clone()
        weights.add_(gradients, alpha=self._optimiser.radius / float(length))
        self._gradient(batch)
        weights.copy_(before)
        batch.logits.copy_(logits)

    def _step(self, rate: float, step: torch.Tensor) -> None:
        state = (self.parameters.flat, self._gradients.flat, self._means, self._squares)
        start = self._output_start if self.output_only else 0
        weights, gradients, means, squares = (tensor[start:] for tensor in state) if start else state
        if self._optimiser.algorithm == "sgd":
            means.mul_(self._optimiser.momentum).add_(gradients).add_(weights, alpha=self._decay)
            weights.sub_(means, alpha=rate)
            return
        # The function that torch.optim.Adam(fused=True) calls; Adam's Python code around it costs more than the update.
        update = torch._fused_adamw_ if self._optimiser.algorithm == "adamw" else torch._fused_adam_
        update(
            [weights], [gradients], [means], [squares], [], [step],
            lr=rate, beta1=0.9, beta2=0.999, weight_decay=self._decay, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip


class _LinearStepper(_Stepper):
    """A linear head."""

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        weight, bias = self.parameters.views
        return torch.addmm(bias, x, weight.T)

    def copies(self) -> list[torch.Tensor]:
        return [view.clone() for view in self.parameters.views]

    def _gradient(self, batch: _Batch) -> None:
        x, y, _, w, logits, _, loss = batch
        weight, bias = self.parameters.views
        to_weight, to_bias = self._gradients.views
        torch.addmm(bias, x, weight.T, out=logits)
        g = loss_gradient(logits, y, w, loss)
        torch.mm(g.T, x, out=to_weight)
        torch.sum(g, 0, out=to_bias)


class _MlpStepper(_Stepper):
    """A head with a hidden layer."""

    def __init__(self, first: tuple[torch.Tensor, ...], task: HeadTask) -> None:
        super().__init__((first[0].T, *first[1:]), task)
        self._output_transposed = self.parameters.views[2].T
        self._buffers: dict[int, tuple[torch.Tensor, ...]] = {}

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        hidden_weight, hidden_bias, output_weight, output_bias = self.parameters.views
        h = torch.addmm(hidden_bias, x, hidden_weight).relu_()
        return torch.addmm(output_bias, h, output_weight.T)

    def copies(self) -> list[torch.Tensor]:
        hidden_weight, *others = self.parameters.views
        return [hidden_weight.T.clone(memory_format=torch.contiguous_format), *(view.clone() for view in others)]

    def _gradient(self, batch: _Batch) -> None:
        x, y, keeps, w, logits, x_transposed, loss = batch
        # Each call is so short that overhead matters: views are made once, not in each step.
        hidden_weight, hidden_bias, output_weight, output_bias = self.parameters.views
        to_hidden_weight, to_hidden_bias, to_output_weight, to_output_bias = self._gradients.views
        h, active, dz, g, g_transposed = self._buffers_for(len(x))
        torch.addmm(hidden_bias, x, hidden_weight, out=h)
        h.relu_().mul_(keeps)
        torch.addmm(output_bias, h, self._output_transposed, alpha=self._scale, out=logits)
        loss_gradient(logits, y, w, loss, out=g)
        torch.addmm(to_output_weight, g_transposed, h, beta=0, alpha=self._scale, out=to_output_weight)
        torch.sum(g, 0, out=to_output_bias)
        if self.output_only:
            return
        torch.addmm(dz, g, output_weight, beta=0, alpha=self._scale, out=dz)
        dz.mul_(torch.sign(h, out=active))  # h is not negative
        torch.mm(x_transposed, dz, out=to_hidden_weight)
        torch.sum(dz, 0, out=to_hidden_bias)

    def _buffers_for(self, rows: int) -> tuple[torch.Tensor, ...]:
        """Return h, where it is active, and dz, (B, W) each, g (B, C) and g'."""
        if rows not in self._buffers:
            classes, width = self.parameters.views[2].shape
            h, active, dz = torch.zeros(3, rows, width)
            g = torch.zeros(rows, classes)
            self._buffers[rows] = (h, active, dz, g, g.T)
        return self._buffers[rows]
