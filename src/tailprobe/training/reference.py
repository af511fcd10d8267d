"""The reference trainer: torch.nn, torch.optim, autograd, one head. Every kernel is tested against it."""

import copy
import time

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.learners.loss import Link, Loss
from tailprobe.training.checkpointing import Checkpointing, macro_average_precision
from tailprobe.training.data import TrainingData
from tailprobe.training.heads import head_of
from tailprobe.training.randomness import dropout_keeps, dropout_key, initial_head, restarted_output
from tailprobe.training.task import HeadTask, ScheduledStage
from tailprobe.training.trainer import Epoch

_TINY = 1e-30  # 0 to a power below 1 has no finite gradient


class KeyedDropout(nn.Module):
    """Dropout with the bits of `dropout_keeps`; PyTorch's draws from a global stream."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.key = 0
        self.first = 0  # position of the batch's first row in the epoch

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the units kept, scaled by 1 / (1 - rate), and 0 for the others; the input outside training."""
        if not self.training:
            return hidden
        rows, width = hidden.shape
        keeps = dropout_keeps(self.key, first=self.first, rows=rows, width=width, rate=self.rate)
        return hidden * torch.from_numpy(keeps) / (1 - self.rate)


def train_reference(embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask) -> FittedHead:
    """Train one head by plain PyTorch code, the standard that every kernel is tested against.

    Args:
        embeddings: (N, D) float32 or float16, of the whole collection.
        labels: (N, C), of the same rows.
        task: what to train; its learner is a plan.
    """
    return _Reference(TrainingData.of(embeddings, labels, task), task.masked(labels)).run()


class _Reference:
    def __init__(self, data: TrainingData, task: HeadTask) -> None:
        self.task, self.data, self.recipe = task, data, task.effective_recipe
        self.rows = torch.from_numpy(data.scale.apply(np.asarray(data.vectors)))
        self.labels = torch.from_numpy(data.matrix)
        self.dropout = KeyedDropout(self.recipe.dropout)
        self.model = self._model()
        self.optimiser = self._optimiser_of(self.model)

    def run(self) -> FittedHead:
        started = time.perf_counter()
        checkpointing, kept, steps = Checkpointing(self.recipe), copy.deepcopy(self.model), 0
        for stage in self.task.schedule():
            self._begin(stage)
            checkpointing.begin_stage()
            for in_stage in range(stage.epochs):
                loss = self._epoch(stage, Epoch(in_stage, checkpointing.epochs))
                steps += self.task.steps_per_epoch(stage.stage)
                if checkpointing.add(loss, *self._validate()):
                    kept = copy.deepcopy(self.model)
                if checkpointing.stage_converged:
                    break
        history = checkpointing.history(steps=steps, seconds=time.perf_counter() - started)
        parameters = [parameter.detach() for parameter in kept.parameters()]
        return FittedHead(head_of(parameters, self.data.scale, self.task.plan.link), history)

    def _model(self) -> nn.Sequential:
        inputs, classes, width = self.rows.shape[1], self.labels.shape[1], self.recipe.width
        hidden = [nn.Linear(inputs, width), nn.ReLU(), self.dropout] if width else []
        model = nn.Sequential(*hidden, nn.Linear(width or inputs, classes))
        first = initial_head(self.task.stream_seed, inputs=inputs, width=width, classes=classes)
        with torch.no_grad():
            for parameter, value in zip(model.parameters(), first, strict=True):
                parameter.copy_(value)
        return model

    def _optimiser_of(self, model: nn.Module) -> torch.optim.Optimizer:
        asked, rates = self.task.plan.optimiser, (self.recipe.learning_rate, self.recipe.weight_decay)
        if asked.algorithm == "sgd":
            return torch.optim.SGD(model.parameters(), rates[0], momentum=asked.momentum, weight_decay=rates[1])
        algorithm = torch.optim.AdamW if asked.algorithm == "adamw" else torch.optim.Adam
        return algorithm(model.parameters(), lr=rates[0], weight_decay=rates[1])

    def _begin(self, stage: ScheduledStage) -> None:
        output = self.model[-1]
        assert isinstance(output, nn.Linear)
        if stage.stage.restart_output:
            anew = restarted_output(
                self.task.stream_seed, fan_in=output.in_features, classes=output.out_features, stage=stage.index
            )
            with torch.no_grad():
                output.weight.copy_(anew[0])
                output.bias.copy_(anew[1])
            self.optimiser = self._optimiser_of(self.model)
        for parameter in self.model.parameters():
            parameter.requires_grad_(stage.stage.trains == "all")
        output.requires_grad_(True)
        self.optimiser.zero_grad(set_to_none=True)  # Adam skips parameters without a gradient

    def _epoch(self, stage: ScheduledStage, epoch: Epoch) -> float:
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate_in(epoch.overall)
        self.dropout.key = dropout_key(self.task.stream_seed, epoch.overall)
        drawn = self.task.draw(stage, epoch.in_stage)
        total = 0.0
        for first in range(0, len(drawn), self.recipe.batch_size):
            self.dropout.first = first
            batch = drawn[first : first + self.recipe.batch_size]
            rows = self.data.train[batch]
            weights = torch.from_numpy(stage.stage.term_weights(self.data.matrix[rows], batch))
            total += self._update(rows, weights, stage.stage.loss) * len(batch)
        return total / len(drawn)

    def _update(self, rows: np.ndarray, weights: torch.Tensor, of: Loss) -> float:
        """Take one step, and return the batch's loss before it."""
        loss = self._gradient(rows, weights, of)
        if radius := self.task.plan.optimiser.radius:
            trained = [parameter for parameter in self.model.parameters() if parameter.grad is not None]
            slopes = [torch.zeros(0) if p.grad is None else p.grad.clone() for p in trained]
            length = torch.cat([slope.flatten() for slope in slopes]).norm()
            before = [parameter.detach().clone() for parameter in trained]
            with torch.no_grad():
                for parameter, slope in zip(trained, slopes, strict=True):
                    parameter.add_(radius * slope / length)
            self._gradient(rows, weights, of)
            with torch.no_grad():
                for parameter, value in zip(trained, before, strict=True):
                    parameter.copy_(value)
        self.optimiser.step()
        return loss

    def _gradient(self, rows: np.ndarray, weights: torch.Tensor, of: Loss) -> float:
        terms = written_out_terms(self.model(self.rows[rows]), self.labels[rows], of)
        loss = (terms * weights).sum() / (terms.numel() if of.link == "sigmoid" else len(rows))
        self.optimiser.zero_grad()
        loss.backward()
        return loss.item()

    def _validate(self) -> tuple[float, float]:
        self.model.eval()
        link, labels = self.task.plan.link, self.labels[self.data.validation]
        known = self.data.validation_labels()[1]
        with torch.no_grad():
            logits = self.model(self.rows[self.data.validation])
        loss = plain_loss(logits, labels, link, known)
        if self.recipe.select != "average_precision":
            return loss, float("nan")
        return loss, macro_average_precision(logits.numpy(), labels.numpy(), link, known)


def plain_loss(
    logits: torch.Tensor, labels: torch.Tensor, link: Link, known: Bool[np.ndarray, "V C"] | None = None
) -> float:
    """Return the mean binary cross-entropy over known terms, or softmax cross-entropy over rows; NaN without rows."""
    if not len(logits):
        return float("nan")
    if known is not None:
        terms = binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
        return ((terms * torch.from_numpy(known)).sum() / int(known.sum())).item()
    if link == "sigmoid":
        return binary_cross_entropy_with_logits(logits, labels.float()).item()
    return cross_entropy(logits, labels.int().argmax(dim=1)).item()


def written_out_terms(logits: torch.Tensor, labels: torch.Tensor, loss: Loss) -> torch.Tensor:
    """Return the (B, C) loss terms without their weights, literally as in `learners/loss.py`."""

    def table(name: str, neutral: float) -> torch.Tensor:
        values = getattr(loss, name)
        if values is None:
            return torch.full(logits.shape, neutral)
        negative, positive = torch.from_numpy(values).float()
        return torch.where(labels, positive, negative)

    u = table("scale", 1.0) * logits + table("shift", 0.0)
    if loss.smoothing is not None:
        return _smoothed_terms(u, labels, table("smoothing", 0.0), loss.link)
    gamma, clip = table("gamma", 0.0), table("clip", 0.0)
    if loss.link == "softmax":
        log_p = torch.log_softmax(u, dim=1)
        return torch.where(labels, (1 - log_p.exp()).clamp_min(_TINY) ** gamma * -log_p, 0)
    log_p = nn.functional.logsigmoid(torch.where(labels, u, -u))
    margin = torch.clamp(log_p.exp() + clip, max=1)
    # Without a clip take the logarithm of 1: log(0) has no finite gradient, not even in the unused branch.
    log_p = torch.where(clip > 0, torch.log(torch.where(clip > 0, margin, 1)), log_p)
    return (1 - margin).clamp_min(_TINY) ** gamma * -log_p


def _smoothed_terms(u: torch.Tensor, labels: torch.Tensor, smoothing: torch.Tensor, link: Link) -> torch.Tensor:
    if link == "sigmoid":
        target = torch.where(labels, 1 - smoothing / 2, smoothing / 2)
        return -target * nn.functional.logsigmoid(u) - (1 - target) * nn.functional.logsigmoid(-u)
    off = (smoothing * labels).sum(dim=1, keepdim=True) / u.shape[1]  # of every class
    own = 1 - (smoothing * labels).sum(dim=1, keepdim=True)
    log_p = torch.log_softmax(u, dim=1)
    return torch.where(labels, -own * log_p - off * log_p.sum(dim=1, keepdim=True), 0)
