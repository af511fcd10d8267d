"""Seed ensembles: several heads of one split, averaged."""

from tailprobe.errors import InputError
from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method

MAX_MEMBERS = 100


@method("ensemble", family="ensemble", source="Lakshminarayanan et al., NeurIPS 2017, section 2.4")
def ensemble(train: TrainingSet, k: int = 5) -> Ensemble:
    """Train k heads of one split from different initialisations and average their probabilities.

    All members see the same training part: heads of different splits would be tested on images that others trained on.
    Composed with other methods, every member is trained as they say.

    Args:
        train: the training part.
        k: members, 2 to 100.

    Raises:
        InputError: k outside that range.
    """
    if not 2 <= k <= MAX_MEMBERS:
        raise InputError(f"ensemble({k}): expected 2 to {MAX_MEMBERS} members")
    return Ensemble((TrainingPlan.of(train),) * k)
