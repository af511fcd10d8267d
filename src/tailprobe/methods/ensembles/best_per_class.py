"""Best method per class: each class takes its logits from the head that ranks the validation images best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.joined_heads import ColumnsHead
from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.baselines.baseline import baseline
from tailprobe.methods.losses.focal import focal
from tailprobe.methods.losses.logit_adjusted_bce import logit_adjusted_bce
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.oversample import oversample
from tailprobe.methods.resampling.undersample import undersample
from tailprobe.methods.weighting.effective_number import effective_number
from tailprobe.ranking import rank


@method(
    "best_per_class",
    family="ensemble",
    source="the discrete super learner of van der Laan, Polley and Hubbard, Statistical Applications in Genetics and "
    "Molecular Biology 2007 (doi:10.2202/1544-6115.1309), by one validation part and class by class; the shrinkage "
    "is that of a mean with n observations towards a prior worth k, Efron and Morris, JASA 1975",
    cites=("vanderlaan2007", "efron1975"),
    formula="class c takes the head m of the highest w_c AP_mc + (1 - w_c) mean AP_m, w_c = n_c / (n_c + k), on "
    "validation images",
    example="best_per_class(20)",
)
def best_per_class(train: TrainingSet, k: float = 20.0) -> Ensemble:
    """Take each class from whichever of six methods ranks its validation images best, shrunk to the overall winner.

    The six are `baseline`, `effective_number(0.999)`, `oversample(largest)`, `undersample(low-frequency)`, `focal(2)`
    and `logit_adjusted_bce(1)`. With n_c validation images of class c, a method counts there by w_c times its average
    precision of the class and 1 - w_c times its mean over all classes, w_c = n_c / (n_c + k): a class of few images
    follows the method that is best overall. Heads are trained as the methods alone are, so that a comparison which has
    them anyway pays nothing more.

    Assumptions:
        Which method suits a class shows in the validation part.

    When it helps:
        Methods that help rare classes harm frequent ones, and nobody wants to pay that price in every class.

    Traps:
        The validation part is used twice: it has chosen each head's epoch, and chooses among the heads. Test images are
        not touched, but what validation images say of the joined head is optimistic, and thresholds tuned on them are
        too. A final classifier is fitted to all images and chooses by those. With small k and few images the choice is
        noise. Logits of different methods do not share a scale, so that the most probable class means little.

    Args:
        train: the training part.
        k: images at which a class's own average precision counts as much as the mean; 0 to a million, 0 for no
            shrinkage.

    Raises:
        InputError: k outside that range.
    """
    check_range(k, 0, 10**6, what="best_per_class: k")
    made = (
        baseline.function(train),
        effective_number.function(train, 0.999),
        oversample.function(train, "largest"),
        undersample.function(train, "low-frequency"),
        focal.function(train, 2.0),
        logit_adjusted_bce.function(train, 1.0),
    )
    return Ensemble(tuple(plan for plan in made if isinstance(plan, TrainingPlan)), join=BestPerClass(k))


@dataclass(frozen=True)
class BestPerClass:
    """The rule."""

    k: float

    def __call__(self, heads: Sequence[Head], validation: HeldOut) -> Head:
        """Return the head of the chosen columns; the first head if there are no validation rows."""
        if not len(validation.labels):
            return heads[0]
        ranked = [rank(validation.labels, head.logits(validation.vectors), validation.known) for head in heads]
        precision = np.stack([each.average_precision() for each in ranked])
        choice = best_of_class(precision, ranked[0].support, self.k)
        used, place = np.unique(choice, return_inverse=True)
        return ColumnsHead(tuple(heads[m] for m in used), torch.from_numpy(place.reshape(-1)))

    def digest(self) -> str:
        """Return a hex digest of k."""
        return digest_of("best per class", np.array(self.k))


def best_of_class(
    precision: Float[np.ndarray, "M C"], support: Int[np.ndarray, " C"], k: float
) -> Int[np.ndarray, " C"]:
    """Return the method of each class, the first of equal ones.

    Args:
        precision: average precision of each method and class; NaN for a class without positives.
        support: positives of each class.
        k: see `best_per_class`.

    >>> best_of_class(np.array([[0.9, 0.5], [0.5, 0.6]]), np.array([100, 1]), 10.0).tolist()
    [0, 0]
    >>> best_of_class(np.array([[0.9, 0.5], [0.5, 0.6]]), np.array([100, 1]), 0.0).tolist()
    [0, 1]
    """
    known = support > 0
    own = np.divide(support, support + k, out=np.zeros(len(support)), where=known)
    overall = precision[:, known].mean(axis=1) if known.any() else np.zeros(len(precision))
    value = own * np.where(known, precision, 0.0) + (1 - own) * overall[:, None]
    return value.argmax(axis=0)
