"""Class-balanced weights against the formula written out."""

import numpy as np
import pytest

from method_examples import labels_of, plan_of
from tailprobe.errors import InputError
from tailprobe.methods.weighting.effective_number import effective_number_weights


def written_out(counts: list[int], beta: float) -> list[float]:
    """Return C E_n^-1 / sum of E_n^-1, with E_n the geometric sum 1 + beta + ... + beta^(n - 1)."""
    inverse = [1 / sum(beta**i for i in range(n)) for n in counts]
    return [len(counts) * value / sum(inverse) for value in inverse]


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999, 0.9999])
def test_weights_are_those_of_the_papers_sum(beta: float) -> None:
    counts = [900, 90, 10, 1]
    np.testing.assert_allclose(effective_number_weights(np.array(counts), beta=beta), written_out(counts, beta))


def test_the_limits_are_equal_weights_and_inverse_frequency() -> None:
    counts = np.array([900, 90, 10])
    np.testing.assert_allclose(effective_number_weights(counts, beta=0.0), [1, 1, 1])
    inverse = 1 / counts
    near_one = effective_number_weights(counts, beta=1 - 1e-9)
    np.testing.assert_allclose(near_one, inverse / inverse.mean(), rtol=1e-4)


def test_every_term_of_a_single_label_image_has_its_classs_weight() -> None:
    labels = labels_of("single-label")
    (stage,) = plan_of("effective_number(0.99)", labels).stages
    wanted = np.array(written_out(labels.counts.tolist(), 0.99))[labels.matrix.argmax(axis=1)]
    np.testing.assert_allclose(stage.row_weights, wanted)
    assert stage.loss.is_plain


def test_the_positives_of_a_multi_label_class_have_its_weight() -> None:
    labels = labels_of("multi-label")
    (stage,) = plan_of("effective_number(0.99)", labels).stages
    weights = stage.term_weights(labels.matrix, np.arange(len(labels)))
    wanted = np.where(labels.matrix, written_out(labels.counts.tolist(), 0.99), 1)
    np.testing.assert_allclose(weights, wanted, rtol=1e-6)


@pytest.mark.parametrize("text", ["effective_number(1)", "effective_number(-0.1)", "drw(1)", "class_balanced_focal(1)"])
def test_a_beta_outside_its_range_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="beta of at least 0 and below 1"):
        plan_of(text, labels_of("single-label"))
