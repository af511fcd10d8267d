"""Nearest neighbours whose votes are divided by the counts of their classes."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from tailprobe.learners.head import Head
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.knn import NeighbourFit
from tailprobe.methods.losses.class_prior import log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "knn_balanced",
    family="head",
    kinds={"single-label"},
    link="softmax",
    source="votes of Wu et al., CVPR 2018, section 3.4; over counts: Tan, Expert Systems with Applications 2005 "
    "(doi:10.1016/j.eswa.2004.12.023), equation 2 with an exponent of 1",
    cites=("wu2018", "tan2005"),
    formula="score_c = the share of class c among k neighbours, each weighing exp(cosine / temperature), over prior_c",
    example="knn_balanced(20)",
)
def knn_balanced(train: TrainingSet, k: int = 20, temperature: float = 0.07) -> "BalancedNeighbourFit":
    """Let the k nearest training images vote as in `knn`, and divide the votes of a class by its share of the images.

    For each class against the rest the division would be a shift of the class's logit, which changes no ranking; with
    softmax, as here, it changes which class is the most probable.

    Assumptions:
        As `knn`, and every class is equally likely among the test images.

    When it helps:
        Test classes are balanced, or errors on rare classes cost as much as on frequent ones.

    Traps:
        One neighbour of a very rare class outweighs many of a frequent one, so a single wrong label has a large effect.

    Args:
        train: the training part.
        k: neighbours, 1 to a million; fewer if there are fewer training images.
        temperature: 0.0001 to 10,000; small ones leave the vote to the nearest.

    Raises:
        InputError: k or temperature outside its range.
    """
    check_range(k, 1, 10**6, what="knn_balanced: k")
    check_range(temperature, 1e-4, 1e4, what="knn_balanced: temperature")
    return BalancedNeighbourFit(k, temperature)


@dataclass(frozen=True, eq=False)
class BalancedNeighbourFit:
    """The learner."""

    k: int
    temperature: float
    link: Link = "softmax"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"balanced knn {self.k} {self.temperature!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> Head:
        """Keep the training rows."""
        votes = NeighbourFit(self.k, self.temperature, "softmax").fit(data, seed)
        prior = log_prior(data.training_labels())
        return votes.affine(np.ones(len(prior)), -prior)
