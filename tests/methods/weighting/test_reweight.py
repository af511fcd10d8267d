"""What each scope of reweighting weighs."""

import numpy as np
import pytest

from method_examples import bound, labels_of, plan_of
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.training_set import TrainingSet

TAGS = [["common"], ["common", "rare"], []]


def weights_of(text: str) -> np.ndarray:
    labels = Labels.from_tags(TAGS, classes=["common", "rare"])
    train = TrainingSet(labels, np.array([False, True]), np.random.default_rng(0))
    (stage,) = bound(text).learner(train).stages
    return stage.term_weights(labels.matrix, np.arange(len(labels)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reweight(3)", [[1, 1], [3, 3], [1, 1]]),
        ("reweight(3, scope=column)", [[1, 3], [1, 3], [1, 3]]),
        ("reweight(3, scope=positive)", [[1, 1], [1, 3], [1, 1]]),
        ("reweight(4, scope=batch)", [[2, 2], [2, 2], [2, 2]]),
    ],
)
def test_each_scope_weighs_what_it_says(text: str, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(weights_of(text), expected)


@pytest.mark.parametrize("scope", ["image", "column", "positive", "batch"])
def test_a_factor_of_one_is_the_baseline(scope: str) -> None:
    np.testing.assert_array_equal(weights_of(f"reweight(1, scope={scope})"), np.ones((3, 2)))


@pytest.mark.parametrize("factor", ["-1", "1e7", "1e300"])
def test_a_factor_that_training_cannot_bear_is_refused(factor: str) -> None:
    with pytest.raises(InputError, match=r"reweight: factor is .*; expected 0 to 1e\+06"):
        plan_of(f"reweight({factor})", labels_of("multi-label"))
