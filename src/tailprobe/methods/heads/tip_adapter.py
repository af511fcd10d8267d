"""Tip-Adapter and Tip-Adapter-F: zero-shot logits and affinities to a cache of training images, as many a class."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.special import log_softmax

from tailprobe.learners.adjustment import digest_of
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.tip_head import SCALE, TipHead, affinity
from tailprobe.methods.heads.unit_head import unit_rows
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.ranking import rank

_ALPHAS, _BETAS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0), (0.5, 1.0, 2.0, 3.5, 5.5, 7.0)
_FIRST = (1.0, 5.5)  # the paper's, with which keys are trained
_LEARNING_RATE, _EPS, _EVERY = 1e-3, 1e-4, 5


@method(
    "tip_adapter",
    family="head",
    kinds={"single-label"},
    needs={"text"},
    link="softmax",
    source="Zhang et al., ECCV 2022, section 3.1 (arXiv:2111.03930), the cache balanced",
    cites=("zhang2022tip",),
    formula="z = 100 u T' + alpha exp(-beta (1 - u K')) L; alpha and beta by validation average precision",
    example="tip_adapter(16)",
    measured=False,
)
def tip_adapter(train: TrainingSet, per_class: int = 16) -> "TipFit":
    """Add to the zero-shot logits the affinities to a cache of training images, as many for each class. No training.

    Rows of K are cached images, L their classes; all embeddings have length 1. Every class has `per_class` images in
    the cache; one with fewer has all of them, and each counts for more, so that the values of a class add up to
    `per_class`. alpha and beta are those of 36 pairs with the highest mean average precision on the validation part;
    without validation rows 1 and 5.5, as in the paper.

    Assumptions:
        Images near to a cached one are of its class, and the names are good.

    When it helps:
        There are a few images a class, as with `knn_balanced`, and an encoder with a text tower.

    Traps:
        The authors' code chooses alpha, beta and the epoch of `tip_adapter_f` on test features, and swaps alpha and
        beta between paper and code; here validation images choose. A cache of all rows of a long tail is long-tailed.

    Args:
        train: the training part.
        per_class: images of a class in the cache, 1 to 10,000.

    Raises:
        InputError: per_class outside that range.
    """
    check_range(per_class, 1, 10_000, what="tip_adapter: per_class")
    return TipFit(train.class_text, per_class, 0)


@method(
    "tip_adapter_f",
    family="head",
    kinds={"single-label"},
    needs={"text"},
    link="softmax",
    source="Zhang et al., ECCV 2022, section 3.2 (arXiv:2111.03930), the cache balanced, all of it in one batch",
    cites=("zhang2022tip",),
    formula="as `tip_adapter`, K trained by softmax cross-entropy with alpha = 1, beta = 5.5; step by validation",
    example="tip_adapter_f(16)",
    measured=False,
)
def tip_adapter_f(train: TrainingSet, per_class: int = 16, steps: int = 100) -> "TipFit":
    """Train the keys of `tip_adapter` on the cached images, and keep the step that ranks validation images best.

    Adam on all cached images at once, learning rate 0.001 as in the paper; every fifth step is judged, and the start
    is among them. alpha and beta are then chosen as in `tip_adapter`.

    Assumptions:
        As `tip_adapter`.

    When it helps:
        The cached images alone are too few or too untypical.

    Traps:
        Each cached image has its own key, which makes training loss small at once: only validation images say when to
        stop. See `tip_adapter`.

    Args:
        train: the training part.
        per_class: images of a class in the cache, 1 to 10,000.
        steps: of Adam at most, 0 to 100,000.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(per_class, 1, 10_000, what="tip_adapter_f: per_class")
    check_range(steps, 0, 100_000, what="tip_adapter_f: steps")
    return TipFit(train.class_text, per_class, steps)


@dataclass(frozen=True, eq=False)
class TipFit:
    """The learner."""

    text: Float[np.ndarray, "C D"]  # of length 1
    per_class: int
    steps: int
    link: Link = "softmax"

    def digest(self) -> str:
        """Return a hex digest of the embedded names and the arguments."""
        return digest_of("tip adapter", self.text, np.array([float(self.per_class), float(self.steps)]))

    def fit(self, data: HeadData, seed: int) -> TipHead:
        """Draw the cache, train its keys, choose alpha and beta."""
        rows, classes = balanced_rows(data, self.per_class, np.random.default_rng(seed))
        keys = torch.from_numpy(unit_rows(np.asarray(data.vectors[rows], np.float64))).float()
        held = np.bincount(classes, minlength=len(self.text))
        values = torch.nn.functional.one_hot(torch.from_numpy(classes), len(self.text)).float()
        values *= torch.from_numpy(self.per_class / np.maximum(held, 1)).float()
        first = torch.tensor(_FIRST, dtype=torch.float32)
        start = TipHead(torch.from_numpy(self.text).float(), keys, values, first)
        head = self._trained(start, torch.from_numpy(classes), data) if self.steps else start
        return _tuned(head, data)

    def _trained(self, start: TipHead, classes: torch.Tensor, data: HeadData) -> TipHead:
        keys = start.keys.clone().requires_grad_()
        adam = torch.optim.AdamW([keys], lr=_LEARNING_RATE, eps=_EPS)
        best, highest = start, _precision(start, data)
        alpha, beta = _FIRST
        for step in range(1, self.steps + 1):
            logits = SCALE * start.keys @ start.text.T + alpha * affinity(start.keys, keys, beta) @ start.values
            loss = torch.nn.functional.cross_entropy(logits, classes)
            (keys.grad,) = torch.autograd.grad(loss, [keys])
            adam.step()
            if step % _EVERY == 0 or step == self.steps:
                head = replace(start, keys=keys.detach().clone())
                now = _precision(head, data)
                if now > highest or np.isnan(now):
                    best, highest = head, now
        return best


def balanced_rows(
    data: HeadData, per_class: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " M"], Int[np.ndarray, " M"]]:
    """Return rows of the collection and their classes: `per_class` drawn from the training rows of each class, or all.

    Args:
        data: single-label.
        per_class: rows of a class at most.
        rng: draws; the order in which training rows are named does not matter.
    """
    train = np.sort(data.train)
    of = data.labels.matrix[train]
    drawn = [rng.permutation(train[of[:, c]])[:per_class] for c in range(of.shape[1])]
    return np.concatenate(drawn), np.repeat(np.arange(len(drawn)), [len(rows) for rows in drawn])


def _tuned(head: TipHead, data: HeadData) -> TipHead:
    """Return the head with the best pair of alpha and beta; the first of equal ones, as it is without validation."""
    if not len(data.validation):
        return head
    pairs = [torch.tensor([alpha, beta]) for beta in _BETAS for alpha in _ALPHAS]
    heads = [replace(head, settings=pair) for pair in pairs]
    return heads[int(np.argmax([_precision(each, data) for each in heads]))]


def _precision(head: TipHead, data: HeadData) -> float:
    """Return the mean average precision over classes on the validation part; NaN without rows."""
    held = data.held_out()
    if not len(held.labels):
        return float("nan")
    scores = log_softmax(head.logits(held.vectors).astype(np.float64), axis=1)
    return float(np.nanmean(rank(held.labels, scores).average_precision()))
