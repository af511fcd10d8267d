r"""The loss of `learners/loss.py` and its gradient, in torch, for any number of leading dimensions.

With the sigmoid link, m = u (2 y - 1) and q = sigmoid(-m) the probability given to the wrong label:

    without clip:  term = q^gamma softplus(-m)
                   d term / d z = -(2 y - 1) scale q^gamma (gamma (1 - q) softplus(-m) + q)
    with clip c:   r = max(q - c, 0),  term = r^gamma (-log(1 - r))
                   d term / d z = -(2 y - 1) scale q (1 - q) (gamma r^(gamma - 1) (-log(1 - r)) + r^gamma / (1 - r))
                   and 0 where r = 0

    as d q / d m = -q (1 - q). Source: Lin et al., ICCV 2017; Ridnik et al., ICCV 2021.

With the softmax link, t the row's class and p the softmax of u:

    term of t = (1 - p_t)^gamma (-log p_t), of all others 0
    d term / d z_c = scale_c ((1 - p_t)^gamma - gamma p_t (1 - p_t)^(gamma - 1) log p_t) (p_c - y_c)

gamma = 0 gives binary and softmax cross-entropy. With smoothing and targets t (`learners/loss.py`), where gamma is 0:

    sigmoid:  d term / d z = scale (sigmoid(u) - t)
    softmax:  d term of the row / d z_c = scale_c (p_c - t_c)
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, softplus

from tailprobe.learners.loss import Link, Loss

Terms = Float[torch.Tensor, "..."]  # of any shape, the last dimension over classes
TABLES = ("scale", "shift", "gamma", "clip", "smoothing")
_TINY = 1e-30


@dataclass(frozen=True, eq=False)
class TermLoss:
    """A loss with its tables looked up for the labels of some rows, (..., C) each; None if neutral.

    Weights of terms are not part of it: trainers multiply them with the weights of rows.
    """

    link: Link
    scale: Terms | None = None
    shift: Terms | None = None
    gamma: Terms | None = None
    clip: Terms | None = None
    smoothing: Terms | None = None

    def of(self, link: Link) -> bool:
        """Return whether this is the unmodified loss of `link`, binary or softmax cross-entropy."""
        return self.link == link and all(getattr(self, name) is None for name in TABLES)


@dataclass(frozen=True, eq=False)
class LossTables:
    """The tables of a loss as tensors (..., 2, C) float32, of one head or of many heads stacked."""

    link: Link
    tables: dict[str, torch.Tensor]

    @classmethod
    def of(cls, loss: Loss, *, device: torch.device | None = None) -> "LossTables":
        """Take the tables of one loss, except its weights."""
        given = {name: torch.tensor(table, dtype=torch.float32, device=device) for name, table in loss.tables()}
        return cls(loss.link, {name: given[name] for name in TABLES if name in given})

    @classmethod
    def stack(cls, losses: list[Loss], classes: int, *, device: torch.device) -> "LossTables":
        """Stack the tables of H losses of one link into (H, 2, C); those that no loss has are left out."""
        tables = {}
        for name in TABLES:
            if any(getattr(loss, name) is not None for loss in losses):
                neutral = np.full((2, classes), 1.0 if name == "scale" else 0.0)
                rows = [neutral if getattr(loss, name) is None else getattr(loss, name) for loss in losses]
                tables[name] = torch.tensor(np.stack(rows), dtype=torch.float32, device=device)
        return cls(losses[0].link, tables)

    def look_up(self, labels: Terms) -> TermLoss:
        """Return the loss of rows with these labels, (B, C), or (..., H, B, C) where heads are stacked."""

        def pick(table: torch.Tensor) -> torch.Tensor:
            negative, positive = table[..., 0, :], table[..., 1, :]
            if table.ndim == 3:
                negative, positive = negative[:, None], positive[:, None]
            return torch.where(labels > 0, positive, negative)

        return TermLoss(self.link, **{name: pick(table) for name, table in self.tables.items()})


def terms_per_row(link: Link, classes: int) -> int:
    """Return the number of loss terms of a row: one per class with the sigmoid link, one with softmax."""
    return classes if link == "sigmoid" else 1


def loss_terms(logits: Terms, labels: Terms, of: TermLoss) -> Terms:
    """Return the loss of each term, unweighted.

    Args:
        logits: (..., C).
        labels: (..., C) 0 or 1; one class a row with the softmax link.
        of: the loss.
    """
    if of.of("sigmoid"):
        return binary_cross_entropy_with_logits(logits, labels, reduction="none")
    u = _affine(logits, of)
    if of.link == "softmax":
        log_p = log_softmax(u, dim=-1)
        if of.smoothing is not None:
            return -(log_p * _targets(labels, of)).sum(dim=-1, keepdim=True) * labels
        terms = -log_p * labels
        return terms if of.gamma is None else terms * (-torch.expm1(log_p)).clamp_min(0) ** of.gamma
    if of.smoothing is not None:
        return binary_cross_entropy_with_logits(u, _targets(labels, of), reduction="none")
    margins = u * (2 * labels - 1)
    if of.clip is None:
        terms, wrong = softplus(-margins), torch.sigmoid(-margins)
    else:
        wrong = (torch.sigmoid(-margins) - of.clip).clamp_min(0)
        terms = torch.where(of.clip > 0, -torch.log1p(-wrong), softplus(-margins))
    return terms if of.gamma is None else terms * wrong**of.gamma


def loss_gradient(logits: Terms, labels: Terms, weights: Terms, of: TermLoss, *, out: Terms | None = None) -> Terms:
    """Return d sum(weights * loss) / d logits, in `out` where one is given.

    Args:
        logits: (..., C).
        labels: (..., C) 0 or 1.
        weights: (..., C) of the terms.
        of: the loss.
        out: (..., C), also used as scratch space.
    """
    if of.of("sigmoid"):
        return torch.sigmoid(logits, out=out).sub_(labels).mul_(weights)
    u = _affine(logits, of)
    gradient = (
        _softmax_gradient(u, labels, weights, of)
        if of.link == "softmax"
        else _sigmoid_gradient(u, labels, of) * weights
    )
    if of.scale is not None:
        gradient = gradient * of.scale
    return gradient if out is None else out.copy_(gradient)


def _softmax_gradient(u: Terms, labels: Terms, weights: Terms, of: TermLoss) -> Terms:
    log_p = log_softmax(u, dim=-1)
    of_row = (weights * labels).sum(dim=-1, keepdim=True)
    if of.gamma is not None:
        log_right = (log_p * labels).sum(dim=-1, keepdim=True)
        gamma = (of.gamma * labels).sum(dim=-1, keepdim=True)
        right = log_right.exp()
        wrong = (-torch.expm1(log_right)).clamp_min(_TINY)
        of_row = of_row * (wrong**gamma - gamma * right * wrong ** (gamma - 1) * log_right)
    return (log_p.exp() - _targets(labels, of)) * of_row


def _sigmoid_gradient(u: Terms, labels: Terms, of: TermLoss) -> Terms:
    """Return d term / d u."""
    if of.smoothing is not None:
        return torch.sigmoid(u) - _targets(labels, of)
    sign = 2 * labels - 1
    margins = u * sign
    q = torch.sigmoid(-margins)
    gamma = torch.zeros(()) if of.gamma is None else of.gamma
    plain = gamma * (1 - q) * softplus(-margins) + q
    if of.gamma is not None:
        plain = plain * q**gamma
    if of.clip is None:
        return -sign * plain
    r = (q - of.clip).clamp_min(0)
    safe = r.clamp_min(_TINY)
    slope = q * (1 - q) * safe**gamma * (gamma * -torch.log1p(-safe) / safe + 1 / (1 - safe))
    return -sign * torch.where(of.clip > 0, torch.where(r > 0, slope, 0), plain)


def _targets(labels: Terms, of: TermLoss) -> Terms:
    """Return the labels, smoothed where the loss says so."""
    if of.smoothing is None:
        return labels
    if of.link == "sigmoid":
        return labels * (1 - of.smoothing) + of.smoothing / 2
    of_row = (of.smoothing * labels).sum(dim=-1, keepdim=True)
    return labels * (1 - of_row) + of_row / labels.shape[-1]


def _affine(logits: Terms, of: TermLoss) -> Terms:
    u = logits if of.scale is None else logits * of.scale
    return u if of.shift is None else u + of.shift


def plain_loss_of_known(
    logits: Float[torch.Tensor, "V C"], labels: Bool[np.ndarray, "V C"], known: Bool[np.ndarray, "V C"]
) -> float:
    """Return the mean binary cross-entropy over the known labels; NaN if none is known."""
    if not known.any():
        return float("nan")
    marked = torch.from_numpy(known).to(logits.device)
    truth = torch.from_numpy(labels).to(logits.device)
    return float(binary_cross_entropy_with_logits(logits.double()[marked], truth[marked].double()))
