"""Heads as torch modules: from embeddings to logits, then to calibrated probabilities."""

import torch
from jaxtyping import Float
from torch import nn

from tailprobe.errors import InputError
from tailprobe.learners.head import Head, LinearHead, MlpHead
from tailprobe.learners.joined_heads import AffineHead, ColumnsHead, MeanHead
from tailprobe.learners.loss import Link
from tailprobe.methods.heads.knn import NeighbourHead
from tailprobe.use.calibration import Calibration
from tailprobe.use.log_odds import LARGEST

_NEVER = -1e30  # a logit that adds nothing to a sum of exponentials


def head_module(head: Head) -> nn.Module:
    """Return the torch module of a head, from (B, D) float32 to (B, C) float64 logits.

    Raises:
        InputError: this kind of head cannot be exported.
    """
    if isinstance(head, MlpHead):
        return _Mlp(head)
    if isinstance(head, LinearHead):
        return _Linear(head)
    if isinstance(head, AffineHead):
        return _Affine(head)
    if isinstance(head, MeanHead):
        return _Mean(head)
    if isinstance(head, ColumnsHead):
        return _Columns(head)
    if isinstance(head, NeighbourHead):
        return _Neighbours(head)
    raise InputError(
        f"a head of the kind {head.kind!r} cannot be exported; kinds that can: mlp, linear, affine, mean, columns, knn"
    )


class Calibrated(nn.Module):
    """From (B, C) logits to (B, C) float32 calibrated probabilities."""

    slope: torch.Tensor
    offset: torch.Tensor
    itself: torch.Tensor

    def __init__(self, link: Link, calibration: Calibration) -> None:
        super().__init__()
        self._link = link
        self.register_buffer("slope", torch.from_numpy(calibration.slope.copy()))
        self.register_buffer("offset", torch.from_numpy(calibration.offset.copy()))
        self.register_buffer("itself", _NEVER * torch.eye(len(calibration.slope), dtype=torch.float64))

    def forward(self, logits: Float[torch.Tensor, "B C"]) -> Float[torch.Tensor, "B C"]:
        """Return probabilities; see `use.log_odds` for the log odds of a softmax head."""
        if self._link == "softmax":
            logits = logits - torch.logsumexp(logits[:, None, :] + self.itself, dim=2)
        values = logits.clamp(-LARGEST, LARGEST)
        return torch.sigmoid(self.slope * values + self.offset).to(torch.float32)


class _Mlp(nn.Module):
    hidden_weight: torch.Tensor
    hidden_bias: torch.Tensor
    output_weight: torch.Tensor
    output_bias: torch.Tensor

    def __init__(self, head: MlpHead) -> None:
        super().__init__()
        for name, tensor in head.tensors().items():
            self.register_buffer(name, tensor)

    def forward(self, rows: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B C"]:
        hidden = torch.relu(torch.addmm(self.hidden_bias, rows, self.hidden_weight.T))
        return torch.addmm(self.output_bias, hidden, self.output_weight.T).to(torch.float64)


class _Linear(nn.Module):
    output_weight: torch.Tensor
    output_bias: torch.Tensor

    def __init__(self, head: LinearHead) -> None:
        super().__init__()
        for name, tensor in head.tensors().items():
            self.register_buffer(name, tensor)

    def forward(self, rows: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B C"]:
        return torch.addmm(self.output_bias, rows, self.output_weight.T).to(torch.float64)


class _Affine(nn.Module):
    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, head: AffineHead) -> None:
        super().__init__()
        self.inner = head_module(head.inner)
        self.register_buffer("scale", head.scale)
        self.register_buffer("shift", head.shift)

    def forward(self, rows: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B C"]:
        return self.inner(rows) * self.scale + self.shift


class _Mean(nn.Module):
    """Logits of the mean probability: its log odds for sigmoid heads, its logarithm for softmax heads."""

    def __init__(self, head: MeanHead) -> None:
        super().__init__()
        self.members = nn.ModuleList([head_module(member) for member in head.members])
        self._link = head.link

    def forward(self, rows: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B C"]:
        logits = torch.stack([member(rows) for member in self.members])
        if self._link == "softmax":
            return torch.log(torch.softmax(logits, dim=2).mean(0))
        logits = logits.clamp(-LARGEST, LARGEST)
        return torch.log(torch.sigmoid(logits).mean(0)) - torch.log(torch.sigmoid(-logits).mean(0))


class _Columns(nn.Module):
    chosen: torch.Tensor

    def __init__(self, head: ColumnsHead) -> None:
        super().__init__()
        self.members = nn.ModuleList([head_module(member) for member in head.members])
        self.register_buffer("chosen", nn.functional.one_hot(head.choice, len(head.members)).T.double())  # (M, C)

    def forward(self, rows: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B C"]:
        return (torch.stack([member(rows) for member in self.members]) * self.chosen[:, None]).sum(0)


class _Neighbours(nn.Module):
    rows: torch.Tensor
    labels: torch.Tensor
    mean: torch.Tensor
    inverse: torch.Tensor

    def __init__(self, head: NeighbourHead) -> None:
        super().__init__()
        for name, tensor in head.tensors().items():
            if name != "settings":
                self.register_buffer(name, tensor.float() if name == "labels" else tensor)
        self._k, self._temperature = int(head.settings[0]), float(head.settings[1])

    def forward(self, rows: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B C"]:
        unit = nn.functional.normalize((rows - self.mean) * self.inverse, dim=1)
        similar, nearest = (unit @ self.rows.T).topk(self._k, dim=1)
        votes = torch.softmax(similar / self._temperature, dim=1)
        share = (votes[..., None] * self.labels[nearest]).sum(dim=1).to(torch.float64)
        share = (share * self._k + 0.5) / (self._k + 1)
        return torch.log(share) - torch.log(1 - share)
