"""The plain trainer: torch.nn, torch.optim, one head, nothing clever. The engine is tested against it."""

import copy
import time
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from tailprobe.labels import Labels
from tailprobe.methods.plan import TrainingPlan
from tailprobe.training.head import Head, History
from tailprobe.training.randomness import dropout_keeps, dropout_key, initial_head
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask


class KeyedDropout(nn.Module):
    """Dropout whose bits are those of `dropout_keeps`; PyTorch's own draws from a global stream."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.key = 0
        self.first = 0  # position of the batch's first row in the epoch

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Zero the units that the bits drop and scale the others by 1 / (1 - rate), in training only."""
        if not self.training:
            return hidden
        rows, width = hidden.shape
        keeps = dropout_keeps(self.key, first=self.first, rows=rows, width=width, rate=self.rate)
        return hidden * torch.from_numpy(keeps) / (1 - self.rate)


def train_plainly(embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask) -> Head:
    """Train one head as anybody would write it."""
    started = time.perf_counter()
    scale = Standardisation.of(embeddings, task.train, wanted=task.standardise)
    rows = torch.from_numpy(scale.apply(embeddings[task.train]))
    held = torch.from_numpy(scale.apply(embeddings[task.validation]))
    held_labels = torch.from_numpy(labels.matrix[task.validation]).float()
    model = _model(task, inputs=rows.shape[1], classes=len(labels.classes))
    optimiser = torch.optim.Adam(
        model.parameters(), lr=task.recipe.learning_rate, weight_decay=task.recipe.weight_decay
    )
    training, validation, states = [], [], []
    for epoch in range(task.recipe.epochs):
        for group in optimiser.param_groups:
            group["lr"] = task.recipe.learning_rate_in(epoch)
        training.append(_epoch(model, optimiser, rows, labels, task, epoch))
        model.eval()
        with torch.no_grad():
            validation.append(binary_cross_entropy_with_logits(model(held), held_labels).item())
        states.append(copy.deepcopy(model.state_dict()))
        if 0 < task.recipe.patience <= epoch - int(np.argmin(validation)):
            break
    kept = int(np.argmin(validation)) if task.recipe.keep == "best" else len(validation) - 1
    steps = len(training) * task.steps_an_epoch
    history = History(np.array(training), np.array(validation), kept, steps, time.perf_counter() - started)
    state = states[kept]
    weight, bias = scale.fold(state["0.weight"], state["0.bias"])
    return Head(weight, bias, state["3.weight"], state["3.bias"], history)


def _model(task: HeadTask, *, inputs: int, classes: int) -> nn.Sequential:
    width = task.recipe.width
    model = nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), KeyedDropout(task.recipe.dropout), nn.Linear(width, classes)
    )
    first = initial_head(task.key.seed, inputs=inputs, width=width, classes=classes)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), first, strict=True):
            parameter.copy_(value)
    return model


def _epoch(
    model: nn.Sequential,
    optimiser: torch.optim.Optimizer,
    rows: torch.Tensor,
    labels: Labels,
    task: HeadTask,
    epoch: int,
) -> float:
    model.train()
    dropout: Any = model[2]
    dropout.key = dropout_key(task.key.seed, epoch)
    drawn = task.draw(epoch)
    total = 0.0
    for dropout.first in range(0, len(drawn), task.recipe.batch_size):
        batch = drawn[dropout.first : dropout.first + task.recipe.batch_size]
        carried = labels.matrix[task.train[batch]]
        weights = torch.from_numpy(task.plan.loss_weights(carried, batch))
        loss = (_terms(model(rows[batch]), torch.from_numpy(carried), task.plan) * weights).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(batch)
    return total / len(drawn)


def _terms(logits: torch.Tensor, carried: torch.Tensor, plan: TrainingPlan) -> torch.Tensor:
    terms = binary_cross_entropy_with_logits(logits, carried.float(), reduction="none")
    if not plan.focused:
        return terms
    right = torch.sigmoid(logits)
    wrong = torch.where(carried, 1 - right, right)
    return terms * torch.where(carried, wrong**plan.positive_focus, wrong**plan.negative_focus)
