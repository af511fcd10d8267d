"""Late fusion: a linear head on each part of a fused encoder, their logits averaged by weights from validation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch
from jaxtyping import Bool, Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.logistic import LogisticFit
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.validation_loss import mean_loss

_STEPS = 10  # weights are multiples of a tenth


@method(
    "late_fusion",
    family="ensemble",
    needs={"parts"},
    source="the sum rule of Kittler et al., IEEE TPAMI 1998, section 3, on logits and with weights",
    cites=("kittler1998",),
    formula="z = sum over parts of v_p (W_p x_p + b_p), v_p >= 0 of sum 1 with the lowest validation loss",
)
def late_fusion(train: TrainingSet) -> "LateFusionFit":
    """Fit `logistic` to each part of a fused encoder, and average the logits by weights that validation images choose.

    The encoder is `fused(a, b)`. Early fusion is any other method on it, as `logistic`: one head that sees all columns.
    Here each part has its own head, with its own penalty, and the weights v are the multiples of a tenth with the
    lowest cross-entropy on the validation part. The result is one linear head.

    Assumptions:
        The parts err on different images, and one weight a part does for all classes.

    When it helps:
        There are few images for the number of columns, so that one head on all of them overfits.

    Traps:
        It cannot use what only both parts together show. Compare with `logistic` under `fused(a, b)` and with the
        better part alone, not with the worse. Validation images choose penalties and weights, and thresholds too.

    Args:
        train: the training part.
    """
    return LateFusionFit(train.columns)


@dataclass(frozen=True, eq=False)
class LateFusionFit:
    """The learner."""

    columns: tuple[slice, ...]
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return the columns of the parts."""
        return f"late fusion {[(of.start, of.stop) for of in self.columns]}"

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit each part, and join."""
        heads = [LogisticFit().fit(replace(data, vectors=data.vectors[:, of]), seed) for of in self.columns]
        held = data.held_out()
        logits = [head.logits(held.vectors[:, of]) for head, of in zip(heads, self.columns, strict=True)]
        weights = best_weights(np.stack(logits).astype(np.float64), held.labels)
        return LinearHead(
            torch.cat([head.output_weight * v for head, v in zip(heads, weights, strict=True)], dim=1),
            torch.stack([head.output_bias * v for head, v in zip(heads, weights, strict=True)]).sum(dim=0),
        )


def best_weights(logits: Float[np.ndarray, "P V C"], labels: Bool[np.ndarray, "V C"]) -> Sequence[float]:
    """Return the weights of the lowest cross-entropy, equal ones if there are no rows.

    >>> best_weights(np.array([[[9.0]], [[-9.0]]]), np.array([[True]]))
    (1.0, 0.0)
    """
    parts = len(logits)
    if not len(labels):
        return (1 / parts,) * parts
    counts = (c for c in product(range(_STEPS, -1, -1), repeat=parts) if sum(c) == _STEPS)
    options = [tuple(n / _STEPS for n in c) for c in counts]
    return min(options, key=lambda v: mean_loss(np.tensordot(v, logits, axes=1), labels, "sigmoid"))
