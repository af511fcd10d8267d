"""Each loss against its paper's formula in float64, gradients by autograd."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torchvision.ops import sigmoid_focal_loss

from method_examples import labels_of, plan_of
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.training.loss import LossTables, loss_gradient, loss_terms, terms_per_row

Formula = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def case(kind: Kind) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return logits (N, C), labels (N, C) and counts (C,), float64."""
    labels = labels_of(kind)
    logits = torch.from_numpy(np.random.default_rng(1).standard_normal(labels.matrix.shape) * 3)
    return logits, torch.from_numpy(labels.matrix.astype(np.float64)), torch.from_numpy(labels.counts).double()


def assert_is(text: str, kind: Kind, formula: Formula) -> None:
    """Hold value and gradient of a method's mean loss against a formula of (logits, labels, counts)."""
    logits, labels, counts = case(kind)
    (stage,) = plan_of(text, labels_of(kind)).stages
    given = {name: torch.from_numpy(table) for name, table in stage.loss.tables()}
    of = LossTables(stage.loss.link, {k: v for k, v in given.items() if k != "weight"}).look_up(labels)
    terms = len(logits) * terms_per_row(stage.loss.link, logits.shape[1])
    point = logits.clone().requires_grad_()
    wanted = formula(point, labels, counts)
    wanted.backward()
    weights = torch.full_like(logits, 1 / terms)
    torch.testing.assert_close(loss_terms(logits, labels, of).sum() / terms, wanted.detach(), rtol=1e-10, atol=0)
    torch.testing.assert_close(loss_gradient(logits, labels, weights, of), point.grad, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_focal_is_torchvisions(gamma: float) -> None:
    assert_is(
        f"focal({gamma})",
        "multi-label",
        lambda z, y, n: sigmoid_focal_loss(z, y, alpha=-1, gamma=gamma, reduction="mean"),
    )


@pytest.mark.parametrize(("positive", "negative", "margin"), [(0, 4, 0.05), (1, 4, 0.2), (0, 2, 0), (2, 0.5, 0.05)])
def test_asymmetric_is_equations_3_to_5(positive: float, negative: float, margin: float) -> None:
    def asl(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        p = torch.sigmoid(z)
        shifted = torch.clamp(p - margin, min=0)
        kept = torch.where(shifted > 0, shifted, 0.5)  # 0 has no gradient of its powers
        carried = -((1 - p) ** positive) * torch.log(p)
        others = torch.where(shifted > 0, -(kept**negative) * torch.log(1 - kept), 0)
        return (y * carried + (1 - y) * others).mean()

    assert_is(f"asymmetric({positive}, {negative}, {margin})", "multi-label", asl)


def cross_entropy(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean of log sum exp(z) - z_y."""
    return (torch.log(torch.exp(z).sum(dim=1)) - (z * y).sum(dim=1)).mean()


@pytest.mark.parametrize(("margin", "scale"), [(0.5, 1.0), (0.5, 30.0), (2.0, 3.0)])
def test_ldam_is_equation_10(margin: float, scale: float) -> None:
    def ldam(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        margins = n**-0.25 * (margin / (n**-0.25).max())
        return cross_entropy(scale * (z - y * margins), y)

    assert_is(f"ldam({margin}, {scale})", "single-label", ldam)


def test_balanced_softmax_is_equation_4() -> None:
    def balanced(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        probability = n * torch.exp(z) / (n * torch.exp(z)).sum(dim=1, keepdim=True)
        return -torch.log((probability * y).sum(dim=1)).mean()

    assert_is("balanced_softmax", "single-label", balanced)


@pytest.mark.parametrize("tau", [0.5, 1.0, 2.0])
def test_logit_adjusted_loss_is_equation_10(tau: float) -> None:
    def adjusted(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        return cross_entropy(z + tau * torch.log(n / n.sum()), y)

    assert_is(f"logit_adjusted_loss({tau})", "single-label", adjusted)


@pytest.mark.parametrize(("gamma", "tau"), [(0.15, 1.0), (0.3, 0.0), (0.0, 1.0)])
def test_vector_scaling_is_equation_2(gamma: float, tau: float) -> None:
    def scaled(z: torch.Tensor, y: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        return cross_entropy((n / n.max()) ** gamma * z + tau * torch.log(n / n.sum()), y)

    assert_is(f"vector_scaling({gamma}, {tau})", "single-label", scaled)


def test_losses_that_are_special_cases_of_others_have_their_digests() -> None:
    labels = labels_of("single-label")
    for one, two in [
        ("balanced_softmax", "logit_adjusted_loss(1)"),
        ("vector_scaling(0, 0.5)", "logit_adjusted_loss(0.5)"),
        ("logit_adjusted_loss(0)", "softmax"),
        ("ldam(0, 1)", "softmax"),
        ("focal(0)", "baseline"),
        ("asymmetric(2, 2, 0)", "focal(2)"),
    ]:
        assert plan_of(one, labels).digest() == plan_of(two, labels).digest(), (one, two)


def test_the_prior_is_added_in_training_not_subtracted() -> None:
    """By the wrong sign rare classes lose: the paper's shift of a rare class is the most negative."""
    shift = plan_of("balanced_softmax", labels_of("single-label")).stages[0].loss.shift
    assert shift is not None
    assert shift[1].argmin() == shift[0].argmin() == labels_of("single-label").counts.argmin()
    assert math.isclose(np.exp(shift[1]).sum(), 1)


@pytest.mark.parametrize(
    "text",
    ["focal(-1)", "focal(1e300)", "asymmetric(-1)", "asymmetric(0, 101)", "asymmetric(0, 4, 1)", "asymmetric(0, 4, -1)",
     "ldam(-1)", "ldam(0.5, 0)", "ldam(0.5, 1e9)", "logit_adjusted_loss(-1)", "vector_scaling(-1)",
     "vector_scaling(1, -1)", "logit_adjust(-1)", "tau_norm(1.5)", "crt(1)", "crt(0)", "drw(0.9, 1)", "drw(0.9, 0)",
     "ensemble(1)", "ensemble(101)", "knn(0)", "knn(5, 0)", "knn(5, 1e-300)", "smote(largest, 0)"],
)  # fmt: skip
def test_values_out_of_range_are_refused_with_the_range(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        plan_of(text, labels_of("single-label"))
