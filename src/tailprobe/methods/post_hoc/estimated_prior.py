"""Label shift: the prevalence where the head is used is estimated from validation images, and corrected for."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit, logit

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method

Estimator = Literal["em", "bbse"]
_STEPS = 1000
_LEAST = 1e-6  # prevalence


@method(
    "estimated_prior",
    family="post-hoc",
    source="em: Saerens et al., Neural Computation 2002, equation 2.9 (doi:10.1162/089976602753284446); bbse: "
    "Lipton et al., ICML 2018, section 3 (arXiv:1802.03916); of each class against the rest",
    cites=("saerens2002", "lipton2018"),
    formula="z_c + logit(q_c) - logit(prior_c), q_c the prevalence estimated on validation images",
    example="estimated_prior(em)",
)
def estimated_prior(train: TrainingSet, estimator: Estimator = "em") -> TrainingPlan:
    """Estimate how often each class occurs among the validation images and shift its logit by the change of log odds.

    `em` iterates the mean of the corrected probabilities and uses no validation label. `bbse` solves the true and false
    positive rates of the head at 0.5, counted on every other validation image, for the prevalence among the rest.

    Assumptions:
        Only the prevalence of the classes differs from training (label shift), scores are calibrated, and the
        validation part is distributed as the images on which the head is used.

    When it helps:
        The parts are given, and validation and test images come from elsewhere than the training images; on random
        splits there is nothing to correct, and the estimate adds noise.

    Traps:
        Heads trained on resampled rows or by other losses are not calibrated; a shift of each class's logit changes
        thresholds and no ranking.

    Args:
        train: the training part.
        estimator: of the prevalence.
    """
    counts, rows = train.labels.counts, len(train)
    return TrainingPlan.of(train, adjustment=EstimatedPrior(np.clip(counts, 0.5, rows - 0.5) / rows, estimator))


@dataclass(frozen=True, eq=False)
class EstimatedPrior:
    """The correction."""

    training: Float[np.ndarray, " C"]  # prevalence
    estimator: Estimator

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with shifted logits.

        Raises:
            InputError: a softmax head.
        """
        if head.link != "sigmoid":
            raise InputError("estimated_prior is of sigmoid heads, one class against the rest")
        classes = len(self.training)
        if not len(validation.labels):
            return head
        p = expit(head.logits(validation.vectors).astype(np.float64))
        if self.estimator == "em":
            estimates = [prevalence_by_em(p[:, c], self.training[c]) for c in range(classes)]
        else:
            estimates = [prevalence_by_bbse(p[:, c], validation.labels[:, c], self.training[c]) for c in range(classes)]
        shift = logit(np.clip(estimates, _LEAST, 1 - _LEAST)) - logit(self.training)
        return head.affine(np.ones(classes), shift)

    def preserves_ranking(self, link: Link) -> bool:
        """Each class has a shift of its own."""
        return link == "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of estimator and training prevalence."""
        return digest_of(f"estimated prior {self.estimator}", self.training)


def prevalence_by_em(p: Float[np.ndarray, " V"], training: float) -> float:
    """Return the prevalence q that is the mean of the probabilities corrected from `training` to q.

    >>> round(prevalence_by_em(np.array([0.9, 0.2, 0.1]), 0.5), 4)
    0.3224
    """
    q = training
    for _ in range(_STEPS):
        positive, negative = q / training * p, (1 - q) / (1 - training) * (1 - p)
        before, q = q, float((positive / (positive + negative)).mean())
        q = min(max(q, _LEAST), 1 - _LEAST)
        if abs(q - before) < 1e-12:
            break
    return q


def prevalence_by_bbse(p: Float[np.ndarray, " V"], labels: Bool[np.ndarray, " V"], training: float) -> float:
    """Return the prevalence among the odd rows, by the true and false positive rates at 0.5 among the even rows.

    With rates t and f and a share s of the odd rows flagged, (s - f) / (t - f). `training` where t - f is below 0.05
    or the even rows have no positives or no negatives.
    """
    flagged, known = p > 0.5, labels[::2]
    if known.all() or not known.any():
        return training
    hit, false = flagged[::2][known].mean(), flagged[::2][~known].mean()
    if hit - false < 0.05 or not len(flagged[1::2]):
        return training
    return float(np.clip((flagged[1::2].mean() - false) / (hit - false), _LEAST, 1 - _LEAST))
