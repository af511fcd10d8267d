"""Losses against their papers' formulas in torch, value and gradient in float64."""

from collections.abc import Callable

import numpy as np
import torch
from torchvision.ops import sigmoid_focal_loss

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, labels_of, largest, stage, term_weights
from tailprobe.labels import Kind
from tailprobe.training.loss import LossTables, loss_gradient, loss_terms, terms_per_row

Formula = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]  # of logits, labels, counts


def deviation(text: str, kind: Kind, formula: Formula) -> float:
    """Return the largest difference of mean loss and its gradient between a method and a formula."""
    labels = labels_of(kind)
    logits = torch.from_numpy(np.random.default_rng(1).standard_normal(labels.matrix.shape) * 3)
    y, counts = torch.from_numpy(labels.matrix.astype(np.float64)), torch.from_numpy(labels.counts).double()
    loss = stage(text, kind).loss
    given = {name: torch.from_numpy(table) for name, table in loss.tables() if name != "weight"}
    of = LossTables(loss.link, given).look_up(y)
    weights = torch.from_numpy(term_weights(text, kind)) / (len(y) * terms_per_row(loss.link, y.shape[1]))
    point = logits.clone().requires_grad_()
    wanted = formula(point, y, counts)
    wanted.backward()  # type: ignore[no-untyped-call]
    value = abs((loss_terms(logits, y, of) * weights).sum().item() - wanted.item())
    assert point.grad is not None
    return max(value, largest(loss_gradient(logits, y, weights, of), point.grad))


def right(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the probability of the right side."""
    return y * torch.sigmoid(z) + (1 - y) * torch.sigmoid(-z)


def bce(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return -y log p - (1 - y) log (1 - p) by term."""
    return -y * torch.nn.functional.logsigmoid(z) - (1 - y) * torch.nn.functional.logsigmoid(-z)


def cross_entropy(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return log sum exp(z) - z_y by row."""
    return torch.log(torch.exp(z).sum(dim=1)) - (z * y).sum(dim=1)


@check("baseline", "binary cross-entropy written out")
def baseline() -> float:
    """Hold the loss against its definition."""
    return deviation("baseline", "multi-label", lambda z, y, n: bce(z, y).mean())


@check("softmax", "log sum exp(z) - z_y written out")
def softmax() -> float:
    """Hold the loss against its definition."""
    return deviation("softmax", "single-label", lambda z, y, n: cross_entropy(z, y).mean())


@check("focal", "torchvision.ops.sigmoid_focal_loss(alpha=-1)")
def focal() -> float:
    """Hold the loss against torchvision's."""
    return deviation("focal(2)", "multi-label", lambda z, y, n: sigmoid_focal_loss(z, y, -1, 2, reduction="mean"))


@check("balanced_focal", "torchvision.ops.sigmoid_focal_loss(alpha=0.75)")
def balanced_focal() -> float:
    """Hold the loss against torchvision's."""
    return deviation(
        "balanced_focal(2, 0.75)", "multi-label", lambda z, y, n: sigmoid_focal_loss(z, y, 0.75, 2, reduction="mean")
    )


@check("class_balanced_focal", "equation 13 of Cui et al. 2019 written out, weights of mean 1")
def class_balanced_focal() -> float:
    """Hold the loss against the paper's equation."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        weight = (1 - 0.99) / (1 - 0.99**n)
        of_image = (y * weight / weight.mean()).sum(dim=1, keepdim=True)
        return (of_image * (1 - right(z, y)) ** 1.5 * bce(z, y)).mean()

    return deviation("class_balanced_focal(0.99, 1.5)", "single-label", formula)


@check("asymmetric", "equations 3 to 5 of Ridnik et al. 2021 written out")
def asymmetric() -> float:
    """Hold the loss against the paper's equations."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        p = torch.sigmoid(z)
        shifted = torch.clamp(p - 0.05, min=0)
        kept = torch.where(shifted > 0, shifted, 0.5)  # 0 has no gradient of its powers
        others = torch.where(shifted > 0, -(kept**4) * torch.log(1 - kept), 0)
        return (-y * (1 - p) * torch.log(p) + (1 - y) * others).mean()

    return deviation("asymmetric(1, 4, 0.05)", "multi-label", formula)


@check("logit_adjusted_bce", "binary cross-entropy of z + tau log(p / (1 - p)) written out")
def logit_adjusted_bce() -> float:
    """Hold the loss against its formula."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        p = n / len(y)
        return bce(z + 0.7 * (torch.log(p) - torch.log(1 - p)), y).mean()

    return deviation("logit_adjusted_bce(0.7)", "multi-label", formula)


@check("ldam_bce", "binary cross-entropy with z - m n^(-1/4) for positives, written out")
def ldam_bce() -> float:
    """Hold the loss against its formula."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        return bce(z - y * 0.5 * (n / n.min()) ** -0.25, y).mean()

    return deviation("ldam_bce(0.5)", "multi-label", formula)


@check("ldam", "equation 10 of Cao et al. 2019 written out, scale 3")
def ldam() -> float:
    """Hold the loss against the paper's equation."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        return cross_entropy(3 * (z - y * 0.5 * (n / n.min()) ** -0.25), y).mean()

    return deviation("ldam(0.5, 3)", "single-label", formula)


@check("balanced_softmax", "equation 4 of Ren et al. 2020: n exp(z) over its sum")
def balanced_softmax() -> float:
    """Hold the loss against the paper's equation."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        return -torch.log((n * torch.exp(z) * y).sum(dim=1) / (n * torch.exp(z)).sum(dim=1)).mean()

    return deviation("balanced_softmax", "single-label", formula)


@check("logit_adjusted_loss", "equation 10 of Menon et al. 2021 written out")
def logit_adjusted_loss() -> float:
    """Hold the loss against the paper's equation."""
    return deviation(
        "logit_adjusted_loss(0.7)",
        "single-label",
        lambda z, y, n: cross_entropy(z + 0.7 * torch.log(n / n.sum()), y).mean(),
    )


@check("vector_scaling", "equation 2 of Kini et al. 2021 written out")
def vector_scaling() -> float:
    """Hold the loss against the paper's equation."""
    return deviation(
        "vector_scaling(0.2, 1)",
        "single-label",
        lambda z, y, n: cross_entropy((n / n.max()) ** 0.2 * z + torch.log(n / n.sum()), y).mean(),
    )


@check("distribution_balanced", "equations 3 to 10 of Wu et al. 2020 and the focal factor, written out")
def distribution_balanced() -> float:
    """Hold the loss against the paper's equations."""

    def formula(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        of_image = (y / n).sum(dim=1, keepdim=True)
        r = torch.where(of_image > 0, 1 / n / torch.where(of_image > 0, of_image, 1), 1)
        weight = 0.1 + torch.sigmoid(10 * (r - 0.2))
        u = z - 0.05 * torch.log(len(y) / n - 1)  # nu = kappa log(1 / p - 1)
        positive = (1 - torch.sigmoid(u)) ** 2 * torch.log(1 + torch.exp(-u))
        negative = torch.sigmoid(2 * u) ** 2 * torch.log(1 + torch.exp(2 * u)) / 2
        return (weight * (y * positive + (1 - y) * negative)).mean()

    return deviation("distribution_balanced(2, 0.05, 2)", "multi-label", formula)


@check("equalization", "weight 0 for a share of the negatives of rare classes alone: binomial deviations of the share",
       tolerance=4.0)  # fmt: skip
def equalization() -> float:
    """Count what is left out; the result is in standard deviations of the share."""
    labels, weights = labels_of("multi-label").matrix, term_weights("equalization(0.8)", "multi-label")
    may = ~labels & LOW & labels.any(axis=1)[:, None]
    assert (weights[~may] == 1).all()
    share, terms = (weights[may] == 0).mean(), may.sum()
    return float(abs(share - 0.8) / np.sqrt(0.8 * 0.2 / terms))
