"""Stochastic gradient descent with momentum in place of Adam."""

from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "sgd",
    family="recipe",
    source="Sutskever et al., ICML 2013; Kunstner et al., NeurIPS 2024 (arXiv:2402.19449)",
    cites=(
        "sutskever2013",
        "kunstner2024",
    ),
    formula="v <- momentum v + g, w <- w - r v",
    example="sgd(0.3)",
)
def sgd(train: TrainingSet, learning_rate: float = 0.1, momentum: float = 0.9) -> TrainingPlan:
    """Train by stochastic gradient descent with momentum, at a learning rate of its own.

    Adam gives every weight steps of about the same size, however small its gradients: rare classes are learned as fast
    as frequent ones. Gradient descent does not, so Adam itself helps against imbalance (Kunstner et al.). The
    defaults are those of most papers on long tails (Cao et al., NeurIPS 2019).

    Assumptions:
        Published methods for long tails, most of them tuned with SGD, carry over to it only.

    When it helps:
        Hardly ever by itself; to see what of a method's published gain was SGD's slowness on rare classes.

    Traps:
        A constant factor on the loss, which Adam does not see, changes its steps: weights that are normalised otherwise
        are another method.

    Args:
        train: the training part.
        learning_rate: 0.000001 to 100.
        momentum: 0 to 0.999.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(learning_rate, 1e-6, 100, what="sgd: learning_rate")
    check_range(momentum, 0, 0.999, what="sgd: momentum")
    return TrainingPlan.of(train, recipe_changes={"learning_rate": learning_rate}, optimiser=Optimiser("sgd", momentum))
