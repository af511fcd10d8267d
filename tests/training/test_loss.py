"""The loss and its gradient against published forms, torchvision's and autograd through the written-out formula."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy
from torchvision.ops import sigmoid_focal_loss

from tailprobe.learners.loss import Link, Loss, for_both_labels
from tailprobe.training.loss import LossTables, TermLoss, loss_gradient, loss_terms

LOGITS = torch.tensor([[-90.0, -3.0, -1e-4, 0.0], [1e-4, 0.7, 12.0, 90.0]])
EXTREME = torch.tensor([[-1e4, -100.0, -17.0, -1e-6], [1e4, 100.0, 17.0, 0.0], [1e4, -1e4, 3.0, -3.0]])


def tables(loss: Loss) -> LossTables:
    """Return the tables in double precision, so that they can be compared tightly."""
    given = {name: torch.from_numpy(table) for name, table in loss.tables() if name != "weight"}
    return LossTables(loss.link, given)


def written_out(logits: torch.Tensor, labels: torch.Tensor, loss: Loss) -> torch.Tensor:
    """Return the terms as the head of `learners/loss.py` has them, term by term in Python."""
    terms = torch.zeros_like(logits)
    for i, row in enumerate(logits):
        for c, z in enumerate(row):
            y = int(labels[i, c])

            def value(name: str, neutral: float, y: int = y, c: int = c) -> float:
                table = getattr(loss, name)
                return neutral if table is None else float(table[y, c])

            if loss.link == "softmax":
                if not y:
                    continue
                scale = (
                    np.ones(len(row)) if loss.scale is None else [loss.scale[int(labels[i, k]), k] for k in range(4)]
                )
                shift = (
                    np.zeros(len(row)) if loss.shift is None else [loss.shift[int(labels[i, k]), k] for k in range(4)]
                )
                u = row * torch.tensor(np.array(scale)) + torch.tensor(np.array(shift))
                p = torch.exp(u[c]) / torch.exp(u).sum()
            else:
                u = value("scale", 1) * z + value("shift", 0)
                p = 1 / (1 + torch.exp(-u)) if y else 1 / (1 + torch.exp(u))
                p = torch.clamp(p + value("clip", 0), max=1)
            terms[i, c] = (1 - p) ** value("gamma", 0) * -torch.log(p)
    return terms


def random_case(seed: int, link: Link, names: list[str]) -> tuple[torch.Tensor, torch.Tensor, Loss]:
    rng = np.random.default_rng(seed)
    values = {
        "scale": rng.random((2, 4)) + 0.5,
        "shift": rng.standard_normal((2, 4)),
        "gamma": rng.random((2, 4)) * 4,
        "clip": np.array([[0.05, 0.0, 0.2, 0.1], [0.0, 0.0, 0.1, 0.0]]),
    }
    chosen = {name: values[name] for name in names if not (name == "clip" and link == "softmax")}
    logits = torch.from_numpy(rng.standard_normal((5, 4)) * 3)
    matrix = np.eye(4)[rng.integers(0, 4, 5)] if link == "softmax" else rng.random((5, 4)) < 0.4
    return logits, torch.from_numpy(np.asarray(matrix, np.float64)), Loss(link, **chosen)


@given(
    seed=st.integers(0, 10**6),
    link=st.sampled_from(["sigmoid", "softmax"]),
    names=st.lists(st.sampled_from(["scale", "shift", "gamma", "clip"]), unique=True),
)
def test_terms_and_gradient_are_those_of_the_formula(seed: int, link: Link, names: list[str]) -> None:
    logits, labels, loss = random_case(seed, link, names)
    weights = torch.from_numpy(np.random.default_rng(seed).random((5, 4)) * 3)
    of = tables(loss).look_up(labels)
    point = logits.clone().requires_grad_()
    wanted = written_out(point, labels, loss)
    torch.testing.assert_close(loss_terms(logits, labels, of), wanted.detach(), rtol=1e-9, atol=1e-12)
    (wanted * weights).sum().backward()
    torch.testing.assert_close(loss_gradient(logits, labels, weights, of), point.grad, rtol=1e-8, atol=1e-10)
    out = torch.empty_like(logits)
    assert loss_gradient(logits, labels, weights, of, out=out) is out
    torch.testing.assert_close(out, point.grad, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("carried", [0.0, 1.0])
def test_focal_terms_are_those_of_torchvision(gamma: float, carried: float) -> None:
    labels = torch.full_like(LOGITS, carried)
    wanted = sigmoid_focal_loss(LOGITS, labels, alpha=-1, gamma=gamma)
    of = TermLoss("sigmoid", gamma=torch.full_like(LOGITS, gamma))
    torch.testing.assert_close(loss_terms(LOGITS, labels, of), wanted, rtol=2e-5, atol=1e-8)


def test_the_softmax_link_without_tables_is_cross_entropy() -> None:
    labels = torch.eye(4)[[1, 3]]
    wanted = cross_entropy(LOGITS, labels.argmax(dim=1), reduction="none")
    torch.testing.assert_close(loss_terms(LOGITS, labels, TermLoss("softmax")).sum(dim=1), wanted)


@pytest.mark.parametrize("link", ["sigmoid", "softmax"])
@pytest.mark.parametrize("gamma", [None, 0.0, 0.3, 1.0, 2.0, 5.0, 100.0])
@pytest.mark.parametrize("clip", [None, 0.0, 0.05, 0.9])
@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_loss_and_gradient_are_finite_at_extreme_logits(
    link: Link, gamma: float | None, clip: float | None, column: int
) -> None:
    given = {"gamma": gamma, "clip": None if link == "softmax" else clip}
    loss = Loss(link, **{name: for_both_labels(value, 4) for name, value in given.items() if value is not None})
    labels = torch.zeros_like(EXTREME)
    labels[:, column] = 1
    of = LossTables.of(loss).look_up(labels)
    assert torch.isfinite(loss_terms(EXTREME, labels, of)).all()
    assert torch.isfinite(loss_gradient(EXTREME, labels, torch.ones_like(labels), of)).all()


def test_heads_in_a_stack_each_have_their_own_tables() -> None:
    losses = [Loss(gamma=for_both_labels(2.0, 4)), Loss(), Loss(shift=for_both_labels(np.arange(4.0), 4))]
    labels = torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 1]]).expand(3, 2, 4)
    logits = torch.randn(3, 2, 4, generator=torch.Generator().manual_seed(0))
    of = LossTables.stack(losses, 4, device=torch.device("cpu")).look_up(labels)
    terms = loss_terms(logits, labels, of)
    for h, loss in enumerate(losses):
        alone = LossTables.of(loss).look_up(labels[h])
        torch.testing.assert_close(terms[h], loss_terms(logits[h], labels[h], alone))
