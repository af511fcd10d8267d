"""Nearest class mean by cosine, after centring and bringing rows to length 1."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.heads.discriminant import class_means
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.heads.unit_head import UnitHead, unit_head, unit_rows
from tailprobe.methods.method import method


@method(
    "nearest_centroid",
    family="head",
    source="Wang et al. 2019, SimpleShot, section 3, CL2N (arXiv:1911.04623); Kang et al., ICLR 2020, section 4.1",
    cites=("wang2019", "kang2020"),
    formula="score_c = the cosine of u and the mean of u over class c, u = (x - m) / |x - m|, m the mean of all rows",
)
def nearest_centroid(train: TrainingSet) -> "CentroidFit":
    """Score each class by the cosine between an image and the mean of the class's images. Nothing is trained.

    Nothing is trained. Rows are centred by the mean of all training rows; rows and class means are divided by their
    length (CL2N). Each class has one mean, however many images it has. Platt scaling of leave-one-out cosines of the
    training rows gives the probabilities; the mean of a class is there taken without the row itself.

    Assumptions:
        Each class is one cluster around its mean direction.

    When it helps:
        There is only a handful of images per class.

    Traps:
        One mean cannot represent a class of two clusters; a reference library divides by the number of dimensions where
        the lengths belong, which is not a cosine.

    Args:
        train: the training part.
    """
    return CentroidFit()


@dataclass(frozen=True, eq=False)
class CentroidFit:
    """The learner."""

    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return what the fit depends on besides its data: nothing."""
        return "nearest centroid"

    def fit(self, data: HeadData, seed: int) -> UnitHead:
        """Take the means and scale the cosines."""
        rows = data.training_vectors().astype(np.float64)
        mean, inverse = centre_and_scale(rows)
        inverse = inverse if data.standardise else np.ones_like(inverse)
        x, labels = unit_rows((rows - mean) * inverse), data.labels.matrix[data.train]
        slope, offset = platt(held_out_cosines(x, labels), labels)
        centroids = unit_rows(class_means(x, labels))
        return unit_head(centroids * slope[:, None], offset, mean, inverse, "sigmoid")


def held_out_cosines(x: Float[np.ndarray, "T D"], labels: Bool[np.ndarray, "T C"]) -> Float[np.ndarray, "T C"]:
    """Return the cosine of each row to the sum of each class's other rows; 0 if there are no others."""
    sums = labels.T.astype(np.float64) @ x  # (C, D)
    own = labels * (x**2).sum(axis=1, keepdims=True)
    product = x @ sums.T - own
    # |S - x|^2 = |S|^2 - 2 x S + |x|^2, of which product holds x S - |x|^2 for a class's own rows
    length = np.sqrt(np.maximum((sums**2).sum(axis=1) - labels * (2 * product + own), 0))
    return np.where(length > 1e-9, product / np.where(length > 1e-9, length, 1), 0)
