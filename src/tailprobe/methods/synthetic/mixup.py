"""Mixup of embeddings: rows between two images, labels in the same proportion."""

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.synthetic.mix import mixtures


@method(
    "mixup",
    family="synthetic",
    needs={"embeddings"},
    source="Zhang et al., ICLR 2018, equation 2 (arXiv:1710.09412), of embeddings",
    cites=("zhang2018",),
    formula="l x + (1 - l) x' with the labels l y + (1 - l) y', l from Beta(alpha, alpha)",
    example="mixup(0.2)",
)
def mixup(train: TrainingSet, alpha: float = 0.2) -> TrainingPlan:
    """Train on l x + (1 - l) x' with the labels l y + (1 - l) y', l drawn from Beta(alpha, alpha).

    Every image is mixed with one other, drawn at random. A mixture becomes two weighted rows of one vector, which give
    the same expected gradient as a soft label. All classes are treated alike; `remix` favours rare ones.

    Assumptions:
        The probability of a class changes linearly between two images.

    When it helps:
        Heads are overconfident or overfit.

    Traps:
        Pairs are drawn once, where the paper draws new ones for every batch; an epoch draws about twice as many rows
        as there are images: compare with `--budget updates`.

    Args:
        train: the training part.
        alpha: 0.001 to 100; near 0 hardly anything is mixed.

    Raises:
        InputError: alpha outside that range.
    """
    check_range(alpha, 1e-3, 100, what="mixup: alpha")
    first, second = train.rng.permutation(len(train)), train.rng.permutation(len(train))
    share = train.rng.beta(alpha, alpha, len(train))
    return mixtures(train, first, second, share, share)
