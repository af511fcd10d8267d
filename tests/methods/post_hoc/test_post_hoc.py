"""Corrections after training: the shift of logits, the norm of weights, and what happens to rankings."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from scipy.stats import rankdata

from method_examples import LINEAR, SHORT, head_data, learner_on, plan_of, trained_head
from tailprobe.errors import InputError
from tailprobe.learners.head import Head, MlpHead
from tailprobe.learners.no_op import identical_ranking
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.heads.knn import NeighbourFit


def ranks(head: Head, vectors: np.ndarray) -> np.ndarray:
    """Return the rank of every image within each class, by log-probability where the link is softmax."""
    logits = head.logits(vectors).astype(np.float64)
    return rankdata(log_softmax(logits, axis=1) if head.link == "softmax" else logits, axis=0)


def test_by_the_sigmoid_link_log_odds_are_subtracted_and_no_ranking_changes() -> None:
    data = head_data("multi-label")
    plain, adjusted = (trained_head(text, data, SHORT) for text in ("baseline", "logit_adjust(0.8)"))
    counts, rows = data.training_labels().counts, len(data.train)
    shift = -0.8 * np.log(counts / (rows - counts))
    np.testing.assert_allclose(adjusted.logits(data.vectors), plain.logits(data.vectors) + shift, atol=1e-5)
    np.testing.assert_array_equal(ranks(plain, data.vectors), ranks(adjusted, data.vectors))


def test_by_the_softmax_link_the_log_prior_is_subtracted_and_rankings_change() -> None:
    data = head_data("single-label")
    plain, adjusted = (trained_head(text, data, SHORT) for text in ("softmax", "softmax + logit_adjust(1)"))
    shift = -np.log(data.training_labels().counts / len(data.train))
    np.testing.assert_allclose(adjusted.logits(data.vectors), plain.logits(data.vectors) + shift, atol=1e-5)
    assert (ranks(plain, data.vectors) != ranks(adjusted, data.vectors)).any()


@pytest.mark.parametrize(
    ("text", "baseline", "identical"),
    [
        ("logit_adjust(1)", "baseline", True),
        ("softmax + logit_adjust(1)", "softmax", False),
        ("softmax + logit_adjust(0)", "softmax", False),  # no correction at all: a no-op, reported as such
        ("tau_norm(1)", "softmax", False),
        ("focal(2) + logit_adjust(1)", "baseline", False),
        ("focal(2)", "baseline", False),
    ],
)
def test_methods_say_whether_they_can_change_a_ranking(text: str, baseline: str, identical: bool) -> None:
    data = head_data("single-label")
    one, two = learner_on(text, data), learner_on(baseline, data)
    assert identical_ranking(one, two) == (identical or text.endswith("logit_adjust(0)"))


@pytest.mark.parametrize("recipe", [SHORT, LINEAR], ids=["mlp", "linear"])
@pytest.mark.parametrize("tau", [0, 0.5, 1])
def test_tau_norm_divides_by_a_power_of_the_norm_and_drops_biases(tau: float, recipe: object) -> None:
    data = head_data("single-label")
    assert isinstance(recipe, type(SHORT))
    plain, normed = (trained_head(text, data, recipe) for text in ("softmax", f"tau_norm({tau})"))
    before, after = (head.tensors()["output_weight"].double() for head in (plain, normed))
    norms = torch.linalg.vector_norm(before, dim=1, keepdim=True)
    torch.testing.assert_close(after, before / norms**tau, rtol=1e-6, atol=1e-8)
    assert (normed.tensors()["output_bias"] == 0).all()
    if tau == 1:
        torch.testing.assert_close(torch.linalg.vector_norm(after, dim=1), torch.ones(5).double())


def test_tau_norm_refuses_heads_without_output_weights() -> None:
    data = head_data("single-label")
    adjustment = plan_of("tau_norm(1)", data.training_labels()).adjustment
    assert adjustment is not None
    with pytest.raises(InputError, match="'knn' has none"):
        adjustment(NeighbourFit(3, 0.1).fit(data, 0), data.held_out())


def test_a_correction_is_no_part_of_the_training_digest() -> None:
    labels = head_data("single-label").labels
    assert plan_of("logit_adjust(1)", labels).digest() == plan_of("baseline", labels).digest()
    one, two = plan_of("logit_adjust(1)", labels).adjustment, plan_of("logit_adjust(2)", labels).adjustment
    assert one is not None
    assert two is not None
    assert one.digest() != two.digest()


def test_a_corrected_head_is_of_the_same_kind() -> None:
    data = head_data("multi-label")
    head = trained_head("baseline", data, replace(SHORT, epochs=1))
    assert isinstance(head, MlpHead)
    plan = plan_of("logit_adjust(1)", data.training_labels())
    assert isinstance(plan, TrainingPlan)
    assert plan.adjustment is not None
    assert isinstance(plan.adjustment(head, data.held_out()), MlpHead)
