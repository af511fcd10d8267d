"""Focused losses against torchvision's, and their slopes against autograd."""

import pytest
import torch
from tailprobe.training.losses import focus, loss_slopes, loss_terms
from torchvision.ops import sigmoid_focal_loss

LOGITS = torch.tensor([[-90.0, -3.0, -1e-4, 0.0], [1e-4, 0.7, 12.0, 90.0]])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("carried", [0.0, 1.0])
def test_terms_are_those_of_torchvision(gamma: float, carried: float) -> None:
    labels = torch.full_like(LOGITS, carried)
    wanted = sigmoid_focal_loss(LOGITS, labels, alpha=-1, gamma=gamma)
    torch.testing.assert_close(loss_terms(LOGITS, labels, torch.full_like(LOGITS, gamma)), wanted, rtol=2e-5, atol=1e-8)


@pytest.mark.parametrize("gamma", [None, 1.0, 2.0, 5.0])
def test_slopes_are_those_of_autograd(gamma: float | None) -> None:
    logits = LOGITS.double().clamp(-30, 30).requires_grad_()
    labels = torch.tensor([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]], dtype=torch.float64)
    power = None if gamma is None else torch.full_like(labels, gamma)
    loss_terms(logits, labels, power).sum().backward()
    slopes = loss_slopes(logits.detach(), labels, power)
    torch.testing.assert_close(slopes, logits.grad)
    torch.testing.assert_close(loss_slopes(logits.detach(), labels, power, out=torch.empty_like(slopes)), slopes)


def test_each_side_has_its_own_power() -> None:
    labels = torch.tensor([[1.0, 0.0]])
    assert focus(labels, torch.tensor(0.5), torch.tensor(4.0)).tolist() == [[0.5, 4.0]]
