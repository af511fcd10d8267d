"""Heads: corrections are exact, averages hold at extreme logits, tensors that do not fit are refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logsumexp

from method_examples import head_data
from tailprobe.learners.head import HEADS, Head, LinearHead, MlpHead, in_blocks
from tailprobe.learners.joined_heads import AffineHead, BlendHead, ColumnsHead, MeanHead
from tailprobe.learners.loss import Link
from tailprobe.methods.heads.knn import NeighbourFit
from tailprobe.methods.heads.ml_knn import MlKnnFit
from tailprobe.methods.heads.nearest_centroid import CentroidFit
from tailprobe.methods.heads.tip_head import TipHead
from tailprobe.methods.post_hoc.monotone_head import MonotoneHead
from tailprobe.methods.two_stage.gated_head import GatedHead


def mlp(seed: int, link: Link = "sigmoid") -> MlpHead:
    rng = torch.Generator().manual_seed(seed)
    shapes = ((4, 6), (4,), (5, 4), (5,))
    return MlpHead(*(torch.randn(shape, generator=rng) for shape in shapes), link)


def linear(seed: int, link: Link = "sigmoid") -> LinearHead:
    rng = torch.Generator().manual_seed(seed)
    return LinearHead(torch.randn(5, 6, generator=rng), torch.randn(5, generator=rng), link)


def of_every_kind() -> list[Head]:
    """Return a head of each kind."""
    knn = NeighbourFit(3, 0.1).fit(head_data("multi-label"), 0)
    shift = np.arange(5.0)
    data = head_data("multi-label")
    return [
        CentroidFit().fit(data, 0),
        MlKnnFit(3).fit(data, 0),
        mlp(0),
        linear(0, "softmax"),
        knn,
        AffineHead.of(knn, shift + 1, shift),
        MonotoneHead(
            mlp(3),
            torch.linspace(-3, 3, 20).double().reshape(5, 4).sort().values,
            torch.arange(20.0).reshape(5, 4).double(),
        ),
        GatedHead(linear(1, "softmax"), torch.arange(5.0), torch.ones(5), torch.linspace(-1, 1, 6), torch.tensor(0.5)),
        MeanHead((mlp(1), linear(1))),
        BlendHead((mlp(1), linear(1)), torch.tensor([0.3, 0.7])),
        TipHead(torch.randn(5, 6), torch.randn(4, 6), torch.eye(5)[:4], torch.tensor([1.0, 5.5])),
        ColumnsHead((mlp(1), linear(1)), torch.tensor([0, 1, 1, 0, 1])),
        AffineHead.of(MeanHead((mlp(1, "softmax"), mlp(2, "softmax"))), shift + 1, shift),
    ]


X = head_data("multi-label").vectors


def test_a_head_of_every_kind_is_tested_here() -> None:
    assert {head.kind for head in of_every_kind()} == set(HEADS.names())
    shown = [repr(head) for head in of_every_kind()]
    assert max(map(len, shown)) < 300
    wanted = "LinearHead(output_weight=float32[5, 6], output_bias=float32[5], link='softmax')"
    assert repr(linear(0, "softmax")) == wanted


@pytest.mark.parametrize("head", of_every_kind(), ids=lambda head: head.kind)
def test_corrections_are_of_the_logits_and_can_follow_one_another(head: Head) -> None:
    scale, shift = np.linspace(0.5, 2, 5), np.linspace(-3, 3, 5)
    wanted = scale * (head.logits(X) * scale + shift) + shift
    np.testing.assert_allclose(head.affine(scale, shift).affine(scale, shift).logits(X), wanted, rtol=1e-4, atol=1e-4)
    assert head.affine(scale, shift).link == head.link


@pytest.mark.parametrize("head", of_every_kind(), ids=lambda head: head.kind)
def test_tensors_hold_all_of_a_head(head: Head) -> None:
    again = HEADS.get(head.kind).from_tensors(head.tensors(), head.link)
    np.testing.assert_array_equal(again.logits(X), head.logits(X))
    assert again.link == head.link
    for lacking in head.tensors():
        rest = {name: tensor for name, tensor in head.tensors().items() if name != lacking}
        with pytest.raises((KeyError, TypeError, ValueError)):
            HEADS.get(head.kind).from_tensors(rest, head.link)


@pytest.mark.parametrize("head", of_every_kind(), ids=lambda head: head.kind)
def test_rows_do_not_depend_on_their_company_and_none_gives_none(head: Head) -> None:
    np.testing.assert_allclose(head.logits(X[:3]), head.logits(X)[:3], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(head.logits(X.astype(np.float16)), head.logits(X), rtol=0.3, atol=0.3)
    assert head.logits(X[:0]).shape == (0, 5)


def test_blocks_are_joined_in_order() -> None:
    np.testing.assert_array_equal(in_blocks(lambda rows: rows * 2, X, classes=6, rows=7), X * 2)


@given(values=st.lists(st.floats(-300, 300), min_size=2, max_size=5))
def test_the_log_odds_of_a_mean_probability_are_exact_at_any_size(values: list[float]) -> None:
    members = tuple(LinearHead(torch.zeros(1, 1), torch.tensor([value], dtype=torch.float32)) for value in values)
    found = float(MeanHead(members).logits(np.zeros((1, 1), np.float32))[0, 0])
    z = np.array(values, np.float32).astype(np.float64)
    right, wrong = logsumexp(-np.logaddexp(0, -z)), logsumexp(-np.logaddexp(0, z))
    assert found == pytest.approx(right - wrong, rel=1e-5, abs=1e-5)
    if np.abs(z).max() < 20:
        assert expit(found) == pytest.approx(expit(z).mean(), rel=1e-4)


def test_each_class_comes_from_its_own_head() -> None:
    one, two = mlp(1), linear(1)
    found = ColumnsHead((one, two), torch.tensor([0, 1, 1, 0, 1])).logits(X)
    np.testing.assert_array_equal(found[:, [0, 3]], one.logits(X)[:, [0, 3]])
    np.testing.assert_array_equal(found[:, [1, 2, 4]], two.logits(X)[:, [1, 2, 4]])


def test_an_average_of_no_heads_is_refused() -> None:
    with pytest.raises(ValueError, match="no heads"):
        MeanHead.from_tensors({}, "sigmoid")
