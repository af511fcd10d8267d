"""Weights by a power of the inverse frequency of a class."""

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.weighting.class_weights import class_weighted, inverse_power


@method(
    "frequency_weight",
    family="weighting",
    source="power 1: Huang et al., CVPR 2016 (doi:10.1109/CVPR.2016.580); 0.5: Mahajan et al., ECCV 2018 "
    "(arXiv:1805.00932); 1.2: Zhang et al., CVPR 2021 (arXiv:2103.16370)",
    cites=("huang2016", "mahajan2018", "zhang2021"),
    formula="w_c = n_c^-power, scaled to mean 1",
    example="frequency_weight(0.5)",
)
def frequency_weight(train: TrainingSet, power: float = 1.0) -> TrainingPlan:
    """Weight each class by n_c^-power, rescaled to mean 1.

    Single-label: every loss term of an image is multiplied by the weight of its class. Multi-label: the term of a class
    is multiplied by its weight for the images that carry it.

    Assumptions:
        A class matters as much whatever its count (power 1).

    When it helps:
        Rare classes are predicted too seldom; a power of 0.5 is the usual compromise.

    Traps:
        Normalisations (mean 1, sum 1, largest 1) differ by a factor that Adam hardly sees and weight decay does. One
        name, "generalised reweighting", stands for a power of 1 in one reference library and of 1.2 in two others.

    Args:
        train: the training part.
        power: 0 to 2; 0 is the baseline.

    Raises:
        InputError: a power outside that range.
    """
    check_range(power, 0, 2, what="frequency_weight: power")
    return class_weighted(train, inverse_power(train.labels.counts, power))
