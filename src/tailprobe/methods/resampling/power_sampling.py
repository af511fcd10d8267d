"""Power sampling: classes are drawn by a power of their count."""

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.class_shares import groups_of, power_shares, rows_by_share


@method(
    "power_sampling",
    family="resampling",
    source="0.5: Mahajan et al., ECCV 2018, section 2.2 (arXiv:1805.00932); Kang et al., ICLR 2020, equation 1",
    cites=("mahajan2018", "kang2020"),
    formula="P(c) = n_c^power / sum of n^power, then an image of c in turn",
    example="power_sampling(0.5)",
)
def power_sampling(train: TrainingSet, power: float = 0.5) -> TrainingPlan:
    """Draw a class with a probability proportional to n_c^power, then one of its images in turn.

    Single-label: 1 gives the original proportions, 0 `class_balanced`, 0.5 square-root sampling between both, and a
    negative power draws rare classes more often than frequent ones. Multi-label images are drawn for each class they
    carry, so that 1 is not quite the baseline. An epoch has as many rows as there are images.

    Assumptions:
        A class matters more the rarer it is, by a degree that the power sets.

    When it helps:
        `class_balanced` repeats rare images too often.

    Traps:
        Those of `class_balanced`, to a lesser degree.

    Args:
        train: the training part.
        power: -1 to 1.

    Raises:
        InputError: a power outside that range.
    """
    check_range(power, -1, 1, what="power_sampling: power")
    groups = groups_of(train)
    rows = rows_by_share(groups, power_shares(groups, power), train.rng)
    return TrainingPlan((Stage(rows, draws=len(train)),))
