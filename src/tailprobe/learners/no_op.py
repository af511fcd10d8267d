"""Methods that cannot do anything: the same training as the baseline's, or weights that Adam does not see."""

from dataclasses import replace

import numpy as np

from tailprobe.learners.adjustment import Adjustment, adjustment_digest
from tailprobe.learners.learner import Learner
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe


def no_op_reason(learner: Learner, baseline: Learner, recipe: Recipe) -> str | None:
    """Say why a learner gives the baseline's head, or very nearly, or return None where it need not.

    Adam divides each gradient by the root of its running square, so a constant factor on the loss cancels but for the
    term 1e-8 in the denominator; weight decay, which is added to the gradient, does not cancel.

    >>> from tailprobe.labels import Labels
    >>> from tailprobe.learners.training_set import TrainingSet
    >>> train = TrainingSet(Labels.from_tags([["a"], ["b"]]), np.array([False, True]), np.random.default_rng(0))
    >>> plan = TrainingPlan.of(train)
    >>> twice = TrainingPlan((replace(plan.stages[0], row_weights=np.full(2, 2.0)),))
    >>> no_op_reason(twice, plan, Recipe())
    'it multiplies the whole loss by a constant, which Adam does not see'
    """
    if adjustment_digest(_adjustment(learner)) != adjustment_digest(_adjustment(baseline)):
        return None
    if learner.digest() == baseline.digest():
        return "its training and its correction are those of the baseline"
    if not isinstance(learner, TrainingPlan) or recipe.weight_decay > 0:
        return None
    if any(stage.batch_mean_weight for stage in learner.stages):
        plain = tuple(replace(stage, row_weights=None, batch_mean_weight=False) for stage in learner.stages)
        if replace(learner, stages=plain).digest() == baseline.digest():
            return "it multiplies each batch's mean loss by one factor, which Adam hardly sees"
    scaled = replace(learner, stages=tuple(_without_constant_factor(stage) for stage in learner.stages))
    if scaled.digest() == baseline.digest():
        return "it multiplies the whole loss by a constant, which Adam does not see"
    return None


def identical_ranking(learner: Learner, baseline: Learner) -> bool:
    """Say whether a learner's heads rank the images of every class as the baseline's do, by construction."""
    adjustment = _adjustment(learner)
    same_training = learner.digest() == baseline.digest()
    return same_training and adjustment is not None and adjustment.preserves_ranking(learner.link)


def _adjustment(learner: Learner) -> Adjustment | None:
    return getattr(learner, "adjustment", None)


def _without_constant_factor(stage: Stage) -> Stage:
    """Leave out weights that are one number for every term."""
    loss, weights = stage.loss, stage.row_weights
    used = None if loss.weight is None else loss.weight if loss.link == "sigmoid" else loss.weight[1]
    if used is not None and np.ptp(used) == 0 and used.flat[0] > 0:
        loss = replace(loss, weight=None)
    if weights is not None and np.ptp(weights) == 0 and weights.flat[0] > 0:
        weights = None
    return replace(stage, loss=loss, row_weights=weights)
