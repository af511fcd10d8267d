"""Known faults of published implementations, each as a number, and what tailprobe gives in its place.

Written from what the public code computes, not copied from it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from benchmarks.conformance.data import labels_of, stage
from tailprobe.methods.heads.linear_fit import fit_linear
from tailprobe.methods.heads.multinomial import SoftmaxCrossEntropy
from tailprobe.methods.resampling.repeat_factor import repeat_factors
from tailprobe.methods.weighting.rebalanced_weight import rebalanced
from tailprobe.training.loss import LossTables, TermLoss, loss_gradient, loss_terms


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    where: str
    what: str
    measure: str
    theirs: Callable[[], float]
    ours: Callable[[], float]
    method: str  # of tailprobe


def _long_tail() -> tuple[Float[np.ndarray, "T D"], Float[np.ndarray, "T C"]]:
    """Return rows and labels of ten Gaussian classes, from 500 images to 5."""
    rng = np.random.default_rng(0)
    counts = np.round(500 * 0.01 ** (np.arange(10) / 9)).astype(int)
    classes = np.repeat(np.arange(10), counts)
    return _means()[classes] + rng.standard_normal((len(classes), 16)), np.eye(10)[classes]


def _means() -> Float[np.ndarray, "C D"]:
    return 0.8 * np.random.default_rng(1).standard_normal((10, 16))


def recall_of_rarest(sign: int) -> float:
    """Return the mean recall of the three rarest of ten classes on balanced rows, log priors added `sign` times."""
    x, y = _long_tail()
    shift = sign * np.log(y.mean(axis=0))
    plain = SoftmaxCrossEntropy(y.astype(bool))

    def shifted(z: Float[np.ndarray, "T C"]) -> tuple[float, Float[np.ndarray, "T C"]]:
        return plain(z + shift)

    weight, bias = fit_linear(x, shifted, 1e-4, (np.zeros((16, 10)), np.zeros(10)))
    truth = np.repeat([7, 8, 9], 2000)
    rows = _means()[truth] + np.random.default_rng(2).standard_normal((6000, 16))
    return float(((rows @ weight + bias).argmax(axis=1) == truth).mean())


def margin_loss(text: str) -> float:
    """Return the mean LDAM loss of fixed logits."""
    labels, loss = labels_of("single-label"), stage(text, "single-label").loss
    y = torch.from_numpy(labels.matrix.astype(np.float64))
    z = torch.from_numpy(np.random.default_rng(0).standard_normal(labels.matrix.shape))
    return float(loss_terms(z, y, LossTables.of(loss).look_up(y)).sum() / len(y))


def loss_without_scale(scale: float) -> float:
    """Return the mean LDAM loss of the same logits by code that takes a scale and leaves it at that."""
    labels = labels_of("single-label")
    margins = 0.5 * (labels.counts / labels.counts.min()) ** -0.25
    z = np.random.default_rng(0).standard_normal(labels.matrix.shape) - labels.matrix * margins
    return float((np.log(np.exp(z).sum(axis=1)) - z[labels.matrix]).mean())


def single_label_asl(gamma: float) -> float:
    """Return the softmax form of asymmetric loss as published, (1 - p)^gamma on the negatives' terms, no smoothing."""
    rng = np.random.default_rng(0)
    z, target = rng.standard_normal((50, 5)), np.eye(5)[rng.integers(5, size=50)]
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    weight = np.where(target > 0, 1.0, np.exp(log_p) ** gamma)  # gamma of positives 0
    return float(-(target * weight * log_p).sum(axis=1).mean())  # the target of every negative is 0


def sigmoid_asl(gamma: float) -> float:
    """Return tailprobe's asymmetric loss of the same logits."""
    rng = np.random.default_rng(0)
    z, target = rng.standard_normal((50, 5)), np.eye(5)[rng.integers(5, size=50)]
    loss = stage(f"asymmetric(0, {gamma}, 0)", "multi-label").loss
    y = torch.from_numpy(target)
    return float(loss_terms(torch.from_numpy(z), y, LossTables.of(loss).look_up(y)).mean())


def weighted_focal(*, of_weighted: bool) -> float:
    """Return the focal loss of a term of probability 0.1 and weight 4, gamma 1."""
    cross_entropy, weight = -np.log(0.1), 4.0
    p = np.exp(-weight * cross_entropy) if of_weighted else np.exp(-cross_entropy)
    return float((1 - p) * weight * cross_entropy)


def focal_weight_by_tailprobe() -> float:
    """Return the same by tailprobe."""
    z, y = torch.tensor([[np.log(0.1 / 0.9)]], dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    of = TermLoss("sigmoid", gamma=torch.ones(1, 1, dtype=torch.float64))
    return float(4 * loss_terms(z, y, of).item())


def modulated_slope() -> float:
    """Return the gradient at z = -100 of the focal factor as exp(-g y z - g log(1 + exp(-z))), float32."""
    z = torch.tensor(-100.0, requires_grad=True)
    y = torch.tensor(1.0)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    (loss * torch.exp(-2.0 * y * z - 2.0 * torch.log(1 + torch.exp(-1.0 * z)))).backward()  # type: ignore[no-untyped-call]
    assert z.grad is not None
    return z.grad.item()


def slope_by_tailprobe() -> float:
    """Return the gradient of tailprobe's focal loss there."""
    z, one = torch.tensor([[-100.0]]), torch.ones(1, 1)
    return loss_gradient(z, one, one, TermLoss("sigmoid", gamma=torch.full((1, 1), 2.0))).item()


def weight_ratio(alpha: float, beta: float, mu: float) -> float:
    """Return the largest rebalanced weight over the least."""
    weights = rebalanced(labels_of("multi-label").matrix, alpha=alpha, beta=beta, mu=mu)
    return float(weights.max() / weights.min())


def repeated(threshold: float) -> float:
    """Return how many of 40,000 images are repeated, where the rarest of three classes is carried by 98."""
    matrix = np.zeros((40000, 3), bool)
    matrix[:30000, 0] = matrix[30000:39902, 1] = matrix[39902:, 2] = True
    return float((repeat_factors(matrix, threshold) > 1).sum())


FAULTS = (
    Fault("MONICA", "the logit-adjusted loss subtracts the log prior in training", "recall of the three rarest of ten "
          "classes, argmax on balanced rows", lambda: recall_of_rarest(-1), lambda: recall_of_rarest(1),
          "logit_adjusted_loss"),
    Fault("Imbalance-VLM", "LDAM takes a scale and does not use it", "loss at a scale of 30 less that at 1",
          lambda: loss_without_scale(30) - loss_without_scale(1),
          lambda: margin_loss("ldam(0.5, 30)") - margin_loss("ldam(0.5, 1)"), "ldam"),
    Fault("DistributionBalancedLoss", "default alpha, beta and mu are permuted", "largest weight over the least",
          lambda: weight_ratio(10, 0.2, 0.1), lambda: weight_ratio(0.1, 10, 0.2), "rebalanced_weight"),
    Fault("ASL", "the single-label form is cross-entropy: the negatives' gamma has no effect",
          "loss at a gamma of 4 less that at 0", lambda: single_label_asl(4) - single_label_asl(0),
          lambda: sigmoid_asl(4) - sigmoid_asl(0), "asymmetric, of the sigmoid link alone"),
    Fault("LDAM-DRW, and LIFT and MONICA after it", "the focal factor takes exp(-weight * loss) for the probability",
          "loss of a term of probability 0.1 and weight 4", lambda: weighted_focal(of_weighted=True),
          focal_weight_by_tailprobe, "class_balanced_focal"),
    Fault("class-balanced focal loss, the common stand-alone code", "log(1 + exp(-z)) overflows",
          "gradient of a positive at z = -100, float32", modulated_slope, slope_by_tailprobe, "class_balanced_focal"),
    Fault("LVIS constants in other libraries", "a threshold of 0.001 repeats nothing in smaller collections",
          "images repeated of 40,000, the rarest class in 98", lambda: repeated(0.001), lambda: repeated(0.1),
          "repeat_factor, by default 0.1"),
)  # fmt: skip


def as_markdown() -> str:
    """Return the table of faults."""
    lines = ["| where | fault | measured | there | tailprobe | by |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {of.where} | {of.what} | {of.measure} | {of.theirs():.3g} | {of.ours():.3g} | `{name}`{rest} |"
        for of, name, rest in ((fault, *_split(fault.method)) for fault in FAULTS)
    ]
    return "\n".join(lines)


def _split(method: str) -> tuple[str, str]:
    name, comma, rest = method.partition(",")
    return name, comma + rest
