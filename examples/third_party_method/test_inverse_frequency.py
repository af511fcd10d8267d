"""The weights are those of the formula."""

import numpy as np
import pytest
from inverse_frequency import inverse_frequency

from tailprobe import InputError, Labels, TrainingSet

TRAIN = TrainingSet(
    Labels.from_tags([["a"], ["a"], ["a"], ["a", "b"]]), np.array([False, True]), np.random.default_rng(0)
)


def test_weights_are_inverse_counts_of_mean_one() -> None:
    plan = inverse_frequency.function(TRAIN, power=1.0)
    np.testing.assert_allclose(plan.stages[0].loss.weight, [[1, 1], [0.4, 1.6]])


def test_a_power_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="power is 3; expected 0 to 2"):
        inverse_frequency.function(TRAIN, power=3.0)
