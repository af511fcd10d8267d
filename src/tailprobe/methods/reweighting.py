"""Loss reweighting: low-frequency classes count k times."""

import numpy as np
from jaxtyping import Bool

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.methods.method import METHODS
from tailprobe.methods.plan import TrainingPlan

SCOPES = ("image", "column", "positive", "batch")


@METHODS.register("reweight")
def reweight(
    labels: Labels,
    low_frequency: Bool[np.ndarray, " C"],
    rng: np.random.Generator,
    factor: float,
    *,
    scope: str = "image",
) -> TrainingPlan:
    """Multiply the loss of low-frequency classes by a constant factor.

    Args:
        labels: (N, C) labels of the training rows.
        low_frequency: (C,) the classes to weigh.
        rng: not used; nothing is drawn.
        factor: k, >= 0; 1 is the baseline. The paper has 1.5, 2, 2.5, 3, 5 and 10.
        scope: what is multiplied:
            `image`: every loss term of an image that carries a low-frequency class, as in the paper (its Figure 2);
            `column`: the loss terms of the low-frequency classes, for every image;
            `positive`: the loss terms of the low-frequency classes for the images that carry them;
            `batch`: the batch's mean loss by the mean of its images' factors, the slip of the authors' ADE20K runs
            (findings.md). Adam is blind to the scale of a loss, so this does next to nothing.

    Raises:
        InputError: a negative factor or an unknown scope.

    Source:
        Panigrahi and Zhu, section 3 and Figure 2.
    """
    if factor < 0:
        raise InputError(f"reweight({factor}): the factor must not be negative")
    rows = np.arange(len(labels))
    per_class = np.where(low_frequency, float(factor), 1.0)
    if scope == "column":
        return TrainingPlan(rows, positive_weights=per_class, negative_weights=per_class)
    if scope == "positive":
        return TrainingPlan(rows, positive_weights=per_class)
    if scope in ("image", "batch"):
        carries = labels.matrix[:, low_frequency].any(axis=1)
        return TrainingPlan(rows, row_weights=np.where(carries, float(factor), 1.0), weigh_batches=scope == "batch")
    raise InputError(f"reweight({factor}, scope={scope}): the scope is one of {', '.join(SCOPES)}")
