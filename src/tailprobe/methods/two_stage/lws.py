"""Learnable weight scaling: one factor a class on the logits of a fitted head, on class-balanced rows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import log_softmax

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.multinomial import multinomial_head
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.method import method


@method(
    "lws",
    family="two-stage",
    kinds={"single-label"},
    link="softmax",
    source="Kang et al., ICLR 2020, section 4.1 (arXiv:1910.09217), on a linear head",
    cites=("kang2020",),
    formula="softmax of f_c z_c, f at the minimum of the class-balanced cross-entropy",
)
def lws(train: TrainingSet) -> "LwsFit":
    """Fit softmax regression, then one factor for each class's logit on rows that count equally by class.

    The first stage is `multinomial`. In the second its weights stay, and the factors minimise the cross-entropy in
    which every class has the same total weight; the factors of a fitted head make a convex problem.

    Assumptions:
        The directions of the fitted weights are right and only their lengths favour frequent classes.

    When it helps:
        Weights of frequent classes are longer, and few parameters may be fitted to rare ones.

    Traps:
        As images of a class are ranked by softmax probabilities, rankings change a little; with one sigmoid a class a
        factor could not change them at all. Both stages see the same rows.

    Args:
        train: the training part.
    """
    return LwsFit()


@dataclass(frozen=True, eq=False)
class LwsFit:
    """The learner."""

    link: Link = "softmax"

    def digest(self) -> str:
        """Return what the fit depends on beside its data: nothing."""
        return "learnable weight scaling of multinomial regression"

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit both stages; `seed` has no effect."""
        head, labels = multinomial_head(data), data.labels.matrix[data.train]
        logits = head.logits(data.training_vectors()).astype(np.float64)
        return head.affine(class_factors(logits, labels), np.zeros(labels.shape[1]))


def class_factors(logits: Float[np.ndarray, "T C"], labels: Bool[np.ndarray, "T C"]) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, 0 or more, at the minimum of the class-balanced cross-entropy of factor times logit."""
    weights = (labels / np.maximum(labels.sum(axis=0), 1)).sum(axis=1)[:, None] / labels.any(axis=0).sum()

    def objective(factors: Float[np.ndarray, " C"]) -> tuple[float, Float[np.ndarray, " C"]]:
        log_p = log_softmax(factors * logits, axis=1)
        slope = (weights * (np.exp(log_p) - labels) * logits).sum(axis=0)
        return -float((weights * labels * log_p).sum()), slope

    classes = labels.shape[1]
    return minimise(objective, np.ones(classes), bounds=[(0.0, 100.0)] * classes)
