"""Seed ensembles: several heads of one split, averaged."""

from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "ensemble",
    family="ensemble",
    source="Lakshminarayanan et al., NeurIPS 2017, section 2.4",
    cites=("lakshminarayanan2017",),
    formula="mean of the probabilities of k heads",
    example="ensemble(5)",
)
def ensemble(train: TrainingSet, k: int = 5) -> Ensemble:
    """Train k heads of one split from different initialisations and average their probabilities.

    All members see the same training part: heads of different splits would be tested on images that others were trained
    on. Composed with other methods, every member is trained as these say.

    Assumptions:
        The errors of heads from different initialisations are partly independent.

    When it helps:
        Single heads vary from seed to seed, as for classes of few images.

    Traps:
        Costs k training runs: compare a method with the baseline composed with the same ensemble.

    Args:
        train: the training part.
        k: members, 2 to 100.

    Raises:
        InputError: k outside that range.
    """
    check_range(k, 2, 100, what="ensemble: k")
    return Ensemble((TrainingPlan.of(train),) * k)
