"""Composition of methods: rows of one, the loss of another, the correction of a third."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.loss import Link, Loss
from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import Stage, TrainingPlan

Named = tuple[str, Learner]
T = TypeVar("T")
Refuse = Callable[[str], InputError]
_OF_ANY_LINK = {"weight", "gamma", "smoothing"}


def compose(parts: Sequence[Named], *, rows: int) -> Learner:
    """Join learners that change different things into one.

    Each part was made from the same training set; the members of an ensemble are joined with the other parts.

    Args:
        parts: the text of each method and its learner.
        rows: T, the training rows.

    Raises:
        InputError: two parts change the same thing, or a part is a head of its own.
    """
    if len(parts) == 1:
        return parts[0][1]
    plans: list[tuple[str, TrainingPlan]] = []
    ensembles: list[tuple[str, Ensemble]] = []
    for text, learner in parts:
        if isinstance(learner, TrainingPlan):
            plans.append((text, learner))
        elif isinstance(learner, Ensemble):
            ensembles.append((text, learner))
        else:
            raise InputError(f"{text} cannot be composed: it fits its head directly, without a training plan")
    if len(ensembles) > 1:
        raise InputError(f"{ensembles[0][0]} and {ensembles[1][0]} cannot be composed: both are ensembles")
    if not ensembles:
        return _join_all(plans, rows)
    text, ensemble = ensembles[0]
    return replace(ensemble, members=tuple(_join_all([*plans, (text, member)], rows) for member in ensemble.members))


def _join_all(plans: Sequence[tuple[str, TrainingPlan]], rows: int) -> TrainingPlan:
    joined = plans[0]
    for text, plan in plans[1:]:
        joined = (f"{joined[0]} + {text}", _join(joined, (text, plan), rows))
    return joined[1]


def _join(one: tuple[str, TrainingPlan], two: tuple[str, TrainingPlan], train: int) -> TrainingPlan:
    (first, a), (second, b) = one, two

    def refuse(reason: str) -> InputError:
        return InputError(f"{first} and {second} cannot be composed: {reason}")

    if len(a.stages) > 1 and len(b.stages) > 1:
        raise refuse("both change the stages of training")
    staged, other = (a, b) if len(a.stages) >= len(b.stages) else (b, a)
    synthetic = _either(a.synthetic, b.synthetic, refuse("both change the training rows"))
    if set(a.recipe_changes) & set(b.recipe_changes):
        raise refuse("both change the recipe")
    if not (a.optimiser == Optimiser() or b.optimiser == Optimiser()):
        raise refuse("both change the optimiser")
    rows = train + (0 if synthetic is None else len(synthetic.labels))
    return TrainingPlan(
        stages=tuple(_merge(stage, other.stages[0], refuse, train=train, rows=rows) for stage in staged.stages),
        synthetic=synthetic,
        adjustment=_either(a.adjustment, b.adjustment, refuse("both change the head after training")),
        recipe_changes={**a.recipe_changes, **b.recipe_changes},
        optimiser=b.optimiser if a.optimiser == Optimiser() else a.optimiser,
        target_count=_either(a.target_count, b.target_count, refuse("both change the count of resampling")),
    )


def _merge(stage: Stage, other: Stage, refuse: Refuse, *, train: int, rows: int) -> Stage:
    """Return a stage with what the other one changes, of `train` training rows and `rows` with the synthetic ones."""
    if _changes_rows(stage, train) and _changes_rows(other, train):
        raise refuse("both change the rows that are drawn")
    drawn = other if _changes_rows(other, train) else stage
    weights = _either(stage.row_weights, other.row_weights, refuse("both change the weights of rows"))
    if weights is not None and len(weights) < rows:  # synthetic rows weigh 1
        weights = np.concatenate([weights, np.ones((rows - len(weights), *weights.shape[1:]))])
    return replace(
        stage,
        rows=drawn.rows,
        draws=drawn.draws,
        loss=_merge_losses(stage.loss, other.loss, refuse),
        row_weights=weights,
        batch_mean_weight=stage.batch_mean_weight or other.batch_mean_weight,
    )


def _merge_losses(one: Loss, two: Loss, refuse: Refuse) -> Loss:
    tables = dict(one.tables())
    for name, table in two.tables():
        if name in tables:
            raise refuse(f"both change the loss ({name})")
        tables[name] = table
    if "smoothing" in tables and not {"gamma", "clip"}.isdisjoint(tables):
        raise refuse("label smoothing is not defined for a loss that focuses or clips")
    return Loss(_link(one, two, refuse), **tables)


def _link(one: Loss, two: Loss, refuse: Refuse) -> Link:
    """Return the link of two losses together.

    Weights and focusing mean the same under both links, so a part that sets no more takes the other's link.
    """
    bound = {loss.link: sorted({name for name, _ in loss.tables()} - _OF_ANY_LINK) for loss in (one, two)}
    if "softmax" not in bound:
        return "sigmoid"
    if bound.get("sigmoid"):
        raise refuse(
            f"one trains with the softmax link, and the other sets {' and '.join(bound['sigmoid'])} of its loss, "
            "which is defined only for the sigmoid link"
        )
    return "softmax"


def _changes_rows(stage: Stage, train: int) -> bool:
    return stage.draws is not None or not np.array_equal(stage.rows, np.arange(train))


def _either(one: T | None, two: T | None, error: InputError) -> T | None:
    if one is not None and two is not None:
        raise error
    return two if one is None else one
