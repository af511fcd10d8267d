"""Several settings of the recipe at once, as a search finds them for one method."""

from dataclasses import replace

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method(
    "recipe",
    family="recipe",
    source="tailprobe; Shwartz-Ziv et al., NeurIPS 2023, for tuned recipes as baselines (arXiv:2312.02517)",
    cites=("shwartzziv2023",),
    formula="settings of the recipe, for one method alone",
    example="recipe(0.003)",
)
def recipe(
    train: TrainingSet,
    learning_rate: float,
    *,
    batch_size: int | None = None,
    dropout: float | None = None,
    width: int | None = None,
    weight_decay: float | None = None,
    epochs: int | None = None,
) -> TrainingPlan:
    """Train with other settings than the study's recipe, for this method alone.

    Composed with another method it gives that one a recipe of its own: `focal(2) + recipe(0.003)` is what
    `tailprobe search` writes, so that every method is compared as well tuned as the others.

    Assumptions:
        The best settings of one method are not those of another.

    When it helps:
        A method is compared with a tuned baseline.

    Traps:
        Settings that are tuned on the test part, or with more trials for one method than for the baseline, prove
        nothing.

    Args:
        train: the training part.
        learning_rate: above 0.
        batch_size: 1 or more; None, here and below, keeps the recipe's value.
        dropout: 0 to below 1.
        width: 0 or more.
        weight_decay: 0 or more.
        epochs: 1 or more.

    Raises:
        InputError: a value outside its range.
    """
    given = {
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "dropout": dropout,
        "width": width,
        "weight_decay": weight_decay,
        "epochs": epochs,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    replace(Recipe(), **changes)  # type: ignore[arg-type]  # raises
    return TrainingPlan.of(train, recipe_changes=changes)
