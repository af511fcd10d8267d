"""The one loss family as modules: of a stage, and of a plan whose stages change by epoch."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import one_hot

from tailprobe.errors import InputError
from tailprobe.interop.pytorch.sampler import place_of
from tailprobe.learners.plan import Stage
from tailprobe.training.draws import epochs_by_stage
from tailprobe.training.loss import LossTables, TermLoss, loss_gradient, loss_terms, terms_per_row


class _WeightedTerms(torch.autograd.Function):
    """The terms with their gradient in closed form, which is finite where autograd's is not."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch names no type for it
        logits: torch.Tensor,
        labels: torch.Tensor,
        weights: torch.Tensor,
        of: TermLoss,
    ) -> torch.Tensor:
        ctx.save_for_backward(logits, labels, weights)
        ctx.of = of
        return loss_terms(logits, labels, of) * weights

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:  # noqa: ANN401
        logits, labels, weights = ctx.saved_tensors
        return loss_gradient(logits, labels, weights * upstream, ctx.of), None, None, None


class StageLoss(nn.Module):
    """The mean loss of a batch in one stage, as the engine takes it; see `learners.loss` for the formula.

    Its tables move with `.to(device)` and are not part of the state dict.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.link, self.batch_mean_weight = stage.loss.link, stage.batch_mean_weight
        self.names = tuple(name for name, _ in stage.loss.tables())
        for name, table in stage.loss.tables():
            self.register_buffer(name, torch.tensor(table, dtype=torch.float32), persistent=False)
        weights = None if stage.row_weights is None else torch.tensor(stage.row_weights, dtype=torch.float32)
        self.register_buffer("row_weights", weights, persistent=False)

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor | None = None) -> torch.Tensor:
        """Return the mean over rows and classes by the sigmoid link, over rows by the softmax link.

        Args:
            logits: (B, C), of any floating type; the loss is taken in float32 at least.
            labels: (B,) places of classes, or (B, C) of 0 and 1.
            rows: (B,) which rows of the training set they are; needed where the method weighs rows.

        Raises:
            InputError: rows are needed and missing, or shapes do not fit.
        """
        wide = logits if logits.dtype == torch.float64 else logits.float()
        truth = _indicator(labels, wide)
        tables = {name: getattr(self, name) for name in self.names if name != "weight"}
        of = LossTables(self.link, tables).look_up(truth)
        terms: torch.Tensor = _WeightedTerms.apply(wide, truth, self._weights(truth, rows), of)
        return terms.sum() / (len(logits) * terms_per_row(self.link, logits.shape[1]))

    def _weights(self, truth: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
        """Return (B, C), as `Stage.term_weights`."""
        weights = torch.ones_like(truth)
        if "weight" in self.names:
            negative, positive = self.get_buffer("weight")
            weights = torch.where(truth > 0, positive, negative).to(truth)
        if self.row_weights is None:
            return weights
        if rows is None:
            raise InputError("this method weighs rows: pass their places in the training set as `rows`")
        of_rows = self.get_buffer("row_weights")
        factors = of_rows[rows.to(of_rows.device)]
        if factors.ndim == 2:
            return weights * factors
        return weights * (factors.mean() if self.batch_mean_weight else factors[:, None])


class PlanLoss(nn.Module):
    """The loss of a plan; `set_epoch` changes from stage to stage."""

    def __init__(self, stages: Sequence[Stage], *, epochs: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(StageLoss(stage) for stage in stages)
        self.epochs_by_stage, self.epoch = epochs_by_stage(stages, epochs), 0

    def set_epoch(self, epoch: int) -> None:
        """Take the loss of this epoch, counted from 0, from now on."""
        self.epoch = epoch

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor | None = None) -> torch.Tensor:
        """Return the mean loss of a batch; as `StageLoss`."""
        loss: torch.Tensor = self.stages[place_of(self.epoch, self.epochs_by_stage)[0]](logits, labels, rows)
        return loss


def _indicator(labels: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Return labels as (B, C) of 0 and 1 in the type of the logits."""
    found = one_hot(labels.long(), logits.shape[1]) if labels.ndim == 1 else labels
    if found.shape != logits.shape:
        raise InputError(f"labels of shape {tuple(labels.shape)} do not fit logits of {tuple(logits.shape)}")
    return found.to(logits)
