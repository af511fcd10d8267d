"""A cosine classifier: directions of length 1 for classes, fitted by cross-entropy of scaled cosines."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from jaxtyping import Bool, Float

from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.heads.discriminant import class_means
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.unit_head import UnitHead, unit_head, unit_rows
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.losses.class_prior import log_odds
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_STEPS = 200


@method(
    "cosine_classifier",
    family="head",
    source="Gidaris and Komodakis, CVPR 2018, equation 6 (arXiv:1804.09458); scale 30 of Shi et al., ICML 2024, LIFT "
    "(arXiv:2309.10019); each class against the rest, with a bias",
    cites=("gidaris2018", "shi2024"),
    formula="z_c = scale × cos(x, w_c) + b_c",
    example="cosine_classifier(16)",
)
def cosine_classifier(train: TrainingSet, scale: float = 16.0) -> "CosineFit":
    """Fit logits scale * cos(x, w_c) + b_c by binary cross-entropy over all rows, from the class means on.

    The length of w_c, which grows with the number of images of a class in a linear head, has no effect. Rows are
    centred by the mean of the training rows. The fit starts at the class means and takes 200 L-BFGS steps at most. The
    scale bounds how far a logit can be from its bias, and is the only regularisation: try several.

    Assumptions:
        The direction of a centred embedding carries the class, its length does not.

    When it helps:
        Weight norms of a linear head favour frequent classes.

    Traps:
        The problem is not convex, so the result depends on the start; the published scale of 30 goes with softmax and
        no bias.

    Args:
        train: the training part.
        scale: 0.1 to 1000.

    Raises:
        InputError: a scale outside that range.
    """
    check_range(scale, 0.1, 1000, what="cosine_classifier: scale")
    return CosineFit(scale)


@dataclass(frozen=True, eq=False)
class CosineFit:
    """The learner."""

    scale: float
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of the scale."""
        return sha256(f"cosine classifier {self.scale!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> UnitHead:
        """Fit all classes at once; `seed` has no effect."""
        rows = data.training_vectors().astype(np.float64)
        mean, inverse = centre_and_scale(rows)
        inverse = inverse if data.standardise else np.ones_like(inverse)
        x, labels = unit_rows((rows - mean) * inverse), data.training_labels()
        start = unit_rows(class_means(x, labels.matrix))
        weight, bias = fit_cosine(x, labels.matrix, self.scale, start, log_odds(labels))
        return unit_head(weight, bias, mean, inverse, "sigmoid")


def fit_cosine(
    x: Float[np.ndarray, "T D"],
    labels: Bool[np.ndarray, "T C"],
    scale: float,
    start: Float[np.ndarray, "C D"],
    bias: Float[np.ndarray, " C"],
) -> tuple[Float[np.ndarray, "C D"], Float[np.ndarray, " C"]]:
    """Return weights of length `scale` and biases; `x` has rows of length 1."""
    loss, size, rows = BinaryCrossEntropy(labels), start.size, torch.from_numpy(x)

    def objective(at: Float[np.ndarray, " P"]) -> tuple[float, Float[np.ndarray, " P"]]:
        w = at[:size].reshape(start.shape)
        length = np.maximum(np.linalg.norm(w, axis=1, keepdims=True), 1e-12)
        unit = w / length
        value, slope = loss(scale * (rows @ torch.from_numpy(unit).T).numpy() + at[size:])
        along = scale * (torch.from_numpy(slope).T @ rows).numpy()  # (C, D), d value / d unit
        across = (along - unit * (along * unit).sum(axis=1, keepdims=True)) / length
        return value, np.concatenate([across.ravel(), slope.sum(axis=0)])

    found = minimise(objective, np.concatenate([start.ravel(), bias]), steps=_STEPS)
    return scale * unit_rows(found[:size].reshape(start.shape)), found[size:]
