"""No-ops: methods with the training of the baseline, or with weights that Adam cancels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tailprobe.learners.adjustment import Adjustment, adjustment_digest
from tailprobe.learners.learner import Learner
from tailprobe.learners.loss import for_both_labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe


def no_op_reason(learner: Learner, baseline: Learner, recipe: Recipe) -> str | None:
    """Return why a learner gives the baseline's head, exactly or nearly; None if no reason is known.

    Adam divides each gradient by the root of a running mean of its square, so a constant factor on the loss cancels but
    for the term 1e-8 in the denominator. With weight decay, which is added to the gradient, it does not cancel.

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
    if not isinstance(learner, TrainingPlan):
        return None
    learner = _without_idle_recipe(learner, recipe)
    if learner.digest() == baseline.digest():
        return "the settings that it changes have these values already"
    simpler = ((reason, _map_stages(learner, change)) for reason, change in _simplifications(recipe))
    return next((reason for reason, plan in simpler if plan.digest() == baseline.digest()), None)


def identical_ranking(learner: Learner, baseline: Learner) -> bool:
    """Return whether a learner's heads rank the images of every class as the baseline's do, by construction."""
    adjustment = _adjustment(learner)
    same_training = learner.digest() == baseline.digest()
    return same_training and adjustment is not None and adjustment.preserves_ranking(learner.link)


def _adjustment(learner: Learner) -> Adjustment | None:
    return getattr(learner, "adjustment", None)


def _simplifications(recipe: Recipe) -> list[tuple[str, Callable[[Stage], Stage]]]:
    """Return what can be left out of a stage without a change of the head, each with the reason why."""
    found: list[tuple[str, Callable[[Stage], Stage]]] = [
        ("it changes terms that the softmax loss does not have", _without_unused_tables)
    ]
    if not recipe.weight_decay:
        found += [
            ("it multiplies each batch's mean loss by one factor, which Adam hardly sees", _without_batch_factors),
            ("it multiplies the whole loss by a constant, which Adam does not see", _without_constant_factor),
        ]
    return found


def _map_stages(plan: TrainingPlan, change: Callable[[Stage], Stage]) -> TrainingPlan:
    return replace(plan, stages=tuple(change(stage) for stage in plan.stages))


def _without_idle_recipe(plan: TrainingPlan, recipe: Recipe) -> TrainingPlan:
    """Leave out changes of the recipe that change nothing, and decoupling of a weight decay of 0."""
    changes = {name: value for name, value in plan.recipe_changes.items() if getattr(recipe, name) != value}
    by_adam = plan.optimiser.algorithm == "adamw" and not plan.recipe(recipe).weight_decay
    optimiser = replace(plan.optimiser, algorithm="adam") if by_adam else plan.optimiser
    return replace(plan, recipe_changes=changes, optimiser=optimiser)


def _without_batch_factors(stage: Stage) -> Stage:
    return replace(stage, row_weights=None, batch_mean_weight=False) if stage.batch_mean_weight else stage


def _without_unused_tables(stage: Stage) -> Stage:
    """Give the terms of label 0, which the softmax loss does not have, the weight and the gamma of label 1."""
    loss = stage.loss
    if loss.link == "sigmoid":
        return stage
    weight, gamma = (
        None if table is None else for_both_labels(table[1], table.shape[1]) for table in (loss.weight, loss.gamma)
    )
    return replace(stage, loss=replace(loss, weight=weight, gamma=gamma))


def _without_constant_factor(stage: Stage) -> Stage:
    """Leave out weights that are the same for every term."""
    stage = _without_unused_tables(stage)
    loss, weights = stage.loss, stage.row_weights
    if loss.weight is not None and np.ptp(loss.weight) == 0 and loss.weight.flat[0] > 0:
        loss = replace(loss, weight=None)
    if weights is not None and np.ptp(weights) == 0 and weights.flat[0] > 0:
        weights = None
    return replace(stage, loss=loss, row_weights=weights)
