"""Over-samplers of smote-variants: every one that is offered runs, keeps the images and fills rare classes."""

import builtins
from typing import get_args

import numpy as np
import pytest

from method_examples import labels_of, training_set
from tailprobe.errors import InputError
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.synthetic.smote_variants import Oversampler, smote_variants


@pytest.mark.slow
@pytest.mark.parametrize("sampler", get_args(Oversampler))
def test_each_fills_the_rarest_class_to_that_of_the_largest_about(sampler: str) -> None:
    labels = labels_of("single-label")
    plan = smote_variants.function(training_set(labels), sampler)
    assert isinstance(plan, TrainingPlan)
    assert plan.synthetic is not None
    made = plan.synthetic.labels.sum(axis=0)
    assert ((labels.counts + made)[1:] > 0.8 * labels.counts.max()).all()
    assert made[0] == 0
    assert np.isfinite(plan.synthetic.vectors).all()


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *others: object) -> object:
        if name == "smote_variants":
            raise ImportError("No module named 'smote_variants'")
        return original(name, *others)  # type: ignore[arg-type]

    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        InputError, match="pip install seaborn; pip install --no-deps smote-variants minisom metric-learn"
    ):
        smote_variants.function(training_set(labels_of("single-label")), "Lee")
