"""DisAlign: logits of a fitted head moved by class, as far as a gate of the embedding lets them."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.special import expit, log_softmax

from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import standardised
from tailprobe.methods.heads.multinomial import multinomial_head
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.two_stage.gated_head import GatedHead


@method(
    "disalign",
    family="two-stage",
    kinds={"single-label"},
    link="softmax",
    source="Zhang et al., CVPR 2021, adaptive calibration and generalised reweighting (arXiv:2103.16370), on a linear "
    "head",
    cites=("zhang2021",),
    formula="z_c + g(x) ((a_c - 1) z_c + b_c), g a sigmoid of x, by cross-entropy weighted by n_c^-power",
    example="disalign(1.2)",
)
def disalign(train: TrainingSet, power: float = 1.2, penalty: float = 0.01) -> "DisAlignFit":
    """Fit softmax regression, then a scale and a shift of each class, and a gate for how much of them an image gets.

    The first stage is `multinomial`. In the second its weights stay; scale, shift and gate are fitted by cross-entropy
    in which an image of class c weighs n_c^-power, all weights adding up to 1. A penalty, which is ours, holds them
    near scales of 1, shifts of 0 and an even gate, where without it they grow for ever if the classes are separable.

    Assumptions:
        The fitted weights tell classes apart, and decisions are biased by class more for some images than for others.

    When it helps:
        Rare classes are predicted too seldom.

    Traps:
        Two implementations use a power of 1 under the same name. Scale and shift alone are a calibration to balanced
        classes: probabilities of rare classes are too high where the data are long-tailed.

    Args:
        train: the training part.
        power: 0 to 3, of the inverse frequency; 0 weighs all images alike.
        penalty: 0.000001 to 1000, of half the squares of scale - 1, shift and the weights of the gate.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(power, 0, 3, what="disalign: power")
    check_range(penalty, 1e-6, 1e3, what="disalign: penalty")
    return DisAlignFit(power, penalty)


@dataclass(frozen=True, eq=False)
class DisAlignFit:
    """The learner."""

    power: float
    penalty: float
    link: Link = "softmax"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"DisAlign {self.power!r} {self.penalty!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> GatedHead:
        """Fit both stages; `seed` has no effect."""
        head, labels = multinomial_head(data), data.labels.matrix[data.train]
        x, mean, inverse = standardised(data)
        logits = head.logits(data.training_vectors()).astype(np.float64)
        aligned = Aligned(x, logits, labels, self.power, self.penalty)
        classes = labels.shape[1]
        start = np.concatenate([np.ones(classes), np.zeros(classes + x.shape[1] + 1)])
        scale, shift, gate, offset = aligned.parts(minimise(aligned, start))
        of_stored = gate * inverse
        return GatedHead(
            head,
            *(torch.tensor(part, dtype=torch.float32) for part in (scale, shift, of_stored, offset - of_stored @ mean)),
        )


@dataclass(frozen=True, eq=False)
class Aligned:
    """The second stage's loss of scale, shift and gate, laid out as one vector."""

    x: Float[np.ndarray, "T D"]  # standardised
    logits: Float[np.ndarray, "T C"]
    labels: Bool[np.ndarray, "T C"]
    power: float
    penalty: float

    def parts(
        self, at: Float[np.ndarray, " P"]
    ) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"], Float[np.ndarray, " D"], float]:
        """Return scale and shift by class, and weights and bias of the gate."""
        classes = self.labels.shape[1]
        return at[:classes], at[classes : 2 * classes], at[2 * classes : -1], float(at[-1])

    def __call__(self, at: Float[np.ndarray, " P"]) -> tuple[float, Float[np.ndarray, " P"]]:
        """Return value and gradient."""
        scale, shift, gate, offset = self.parts(at)
        z, open_ = self.logits, expit(self.x @ gate + offset)[:, None]
        moved = scale * z + shift - z
        log_p = log_softmax(z + open_ * moved, axis=1)
        weights = self.row_weights()
        slope = weights * (np.exp(log_p) - self.labels)
        to_gate = (slope * moved).sum(axis=1) * (open_ * (1 - open_))[:, 0]
        slopes = np.concatenate([(slope * open_ * z).sum(axis=0), (slope * open_).sum(axis=0), self.x.T @ to_gate])
        held = np.concatenate([scale - 1, shift, gate])
        value = -float((weights * self.labels * log_p).sum()) + self.penalty / 2 * float(held @ held)
        return value, np.append(slopes + self.penalty * held, to_gate.sum())

    def row_weights(self) -> Float[np.ndarray, "T 1"]:
        """Return (T, 1) float64, n_c^-power of each row's class, adding up to 1."""
        counts = np.maximum(self.labels.sum(axis=0), 1).astype(np.float64)
        raw = (self.labels * counts**-self.power).sum(axis=1, keepdims=True)
        return np.asarray(raw / raw.sum())
