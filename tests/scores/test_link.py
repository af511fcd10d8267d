import numpy as np
import pytest
import torch

from tailprobe.errors import InputError
from tailprobe.scores.link import check_link, log_probabilities, probabilities
from tailprobe.scores.metrics.average_precision import average_precision

LOGITS = np.random.default_rng(0).normal(0, 30, (50, 4)).astype(np.float32)


def test_probabilities_equal_those_of_torch():
    wide = torch.from_numpy(LOGITS.astype(np.float64))
    np.testing.assert_allclose(probabilities(LOGITS), torch.sigmoid(wide).numpy(), rtol=1e-6)
    np.testing.assert_allclose(probabilities(LOGITS, "softmax"), torch.softmax(wide, 1).numpy(), rtol=1e-6, atol=1e-38)


def test_log_probabilities_equal_those_of_torch():
    wide = torch.from_numpy(LOGITS.astype(np.float64))
    np.testing.assert_allclose(log_probabilities(LOGITS), torch.nn.functional.logsigmoid(wide).numpy(), rtol=1e-12)
    np.testing.assert_allclose(
        log_probabilities(LOGITS, "softmax"), torch.log_softmax(wide, 1).numpy(), rtol=1e-12, atol=1e-14
    )


def test_logits_of_any_size_give_probabilities_and_no_warning():
    far = np.array([[-1e4, 1e4]], dtype=np.float32)
    assert probabilities(far).tolist() == probabilities(far, "softmax").tolist() == [[0.0, 1.0]]


def test_a_constant_added_to_an_images_logits_changes_nothing_under_softmax_but_would_change_their_ranking():
    labels = np.random.default_rng(1).random((50, 4)) < 0.3
    moved = LOGITS / 30 + np.random.default_rng(2).normal(0, 20, (50, 1)).astype(np.float32)
    first, second = (average_precision(labels, probabilities(z, "softmax")) for z in (LOGITS / 30, moved))
    np.testing.assert_allclose(first, second, rtol=1e-4)
    assert np.abs(average_precision(labels, moved) - average_precision(labels, LOGITS / 30)).max() > 0.01


def test_an_unknown_link_is_refused():
    with pytest.raises(InputError, match="link 'probit': expected sigmoid or softmax"):
        check_link("probit")
