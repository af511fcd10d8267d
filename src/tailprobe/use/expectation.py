"""Expected performance of a threshold on new images: precision, recall and number of tagged images, with intervals.

The performance of a threshold on the scores that it was chosen from is optimistic. The estimates are therefore
cross-fitted: the held-out images are divided into five folds, the threshold for each is chosen on the other four, and
the images tagged in the fold are counted. If the aim is a recall or a precision, the target is raised until these
counts reach the aim.

Heads of the same method differ by more than samples of images do, above all in the number of images that they tag at a
low precision, where many images lie near the threshold. So each head's images are also tagged by the threshold that the
other heads' images give, and the variance between heads of the share tagged, of the precision and of the recall, less
what the sampling of images adds, is part of their intervals (`between_heads`). `benchmarks.classifier` counts how often
the intervals hold what is found.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import islice

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy.stats import beta as beta_distribution
from scipy.stats import betabinom

from tailprobe.randomness import generator
from tailprobe.use.aims import Aim
from tailprobe.use.between_heads import Between, Counts, effective_counts, variance_between
from tailprobe.use.calibration import Calibration
from tailprobe.use.held_out import HeldOutScores
from tailprobe.use.thresholds import RankedScores, threshold_for

FOLDS = 5
_RAISED = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)  # targets, as fractions of the way from the aim to 1
_MOST_HEADS = 10  # that are compared
_TAILS = (0.025, 0.975)  # of a 95% interval
Interval = tuple[float, float]


@dataclass(frozen=True)
class Decision:
    """The threshold of a class and its expected performance; rates are NaN if they are unknown."""

    class_name: str
    aim: str
    threshold: float  # NaN for `top`, until the new images are scored; infinity if nothing is tagged
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    false_alarm_rate: float  # false positive rate: tagged images among those that do not carry the class
    share_tagged: float
    # Held-out images for and against each rate, from which intervals are computed; fewer where heads differ.
    precision_counts: Counts
    recall_counts: Counts
    share_counts: Counts
    reason: str  # why its probabilities are unreliable; empty if they are reliable

    def at_prevalence(self, prevalence: float) -> float:
        """Return the expected precision at another prevalence (prior shift), with recall and false alarms unchanged."""
        right, wrong = self.recall * prevalence, self.false_alarm_rate * (1 - prevalence)
        return right / (right + wrong) if right + wrong > 0 else math.nan

    def images_to_look_at(self, images: int) -> tuple[float, Interval]:
        """Return the expected number of tagged images among `images` new ones, with a 95% beta-binomial interval.

        It is for a head trained on as many images as those of the study.
        """
        tagged, others = self.share_counts
        if self.aim.startswith("top=") and not math.isnan(self.share_tagged):
            number = self.share_tagged * images  # as many as asked for, whatever the scores are
            return number, (number, number)
        if math.isnan(tagged) or images < 1:
            return math.nan, (math.nan, math.nan)
        low, high = (float(betabinom.ppf(q, images, tagged + 0.5, others + 0.5)) for q in _TAILS)
        return self.share_tagged * images, (low, high)


def decide_thresholds(
    scores: HeldOutScores, calibration: Calibration, aims: Sequence[Aim], classes: Sequence[str]
) -> tuple[Decision, ...]:
    """Return the decision of each class; `top` has no threshold yet.

    Args:
        scores: held-out scores, from which thresholds are chosen.
        calibration: turns them into probabilities.
        aims: (C,).
        classes: (C,) names.
    """
    probabilities = calibration.probabilities(scores.log_odds)
    known = _rows_by_class(scores, probabilities)
    return tuple(
        _decide(rows, aim, name, reason)
        for rows, name, aim, reason in zip(known, classes, aims, calibration.reasons, strict=True)
    )


def decide_top(
    decision: Decision, number: int, images: int, threshold: float, scores: HeldOutScores,
    calibration: Calibration, place: int,
) -> Decision:  # fmt: skip
    """Return the decision of an aim `top=N` once the N-th highest score of the new images is known.

    The expected precision and recall are those of the threshold on the held-out images.

    Args:
        decision: from `decide_thresholds`.
        number: N, images to tag.
        images: number of new images.
        threshold: of the probability, at the N-th highest score.
        scores: held-out scores.
        calibration: of the classifier.
        place: index of the class.
    """
    *_, rows = islice(_rows_by_class(scores, calibration.probabilities(scores.log_odds)), place + 1)
    counts = _count(rows, np.ones(len(rows.scores), bool), threshold)
    shown = _described(decision, threshold, counts, _between_heads(rows, lambda _: threshold))
    tagged = float(min(number, images))
    return replace(shown, share_tagged=tagged / max(images, 1))


@dataclass(frozen=True, eq=False)
class _Rows:
    scores: Float64[np.ndarray, " R"]
    labels: Bool[np.ndarray, " R"]
    weight: Float64[np.ndarray, " R"]
    folds: Int[np.ndarray, " R"]
    heads: Int[np.ndarray, " R"] | None = None

    def ranked(self, chosen: Bool[np.ndarray, " R"]) -> RankedScores:
        return RankedScores.of(self.scores[chosen], self.labels[chosen], self.weight[chosen])


def _rows_by_class(scores: HeldOutScores, probabilities: Float64[np.ndarray, "R C"]) -> Iterator[_Rows]:
    """Yield the rows of each class whose label is known."""
    weight, folds = scores.weight, _folds(scores)
    for c in range(probabilities.shape[1]):
        rows = scores.rows_of(c)
        head = None if scores.head is None else scores.head[rows]
        yield _Rows(probabilities[rows, c], scores.labels[rows, c], weight[rows], folds[rows], head)


@dataclass(frozen=True)
class _Counts:
    """Numbers of images; fractional, since scorings of one image share its weight."""

    hits: float
    tagged: float
    positives: float
    images: float

    def __add__(self, other: "_Counts") -> "_Counts":
        return _Counts(
            self.hits + other.hits, self.tagged + other.tagged,
            self.positives + other.positives, self.images + other.images,
        )  # fmt: skip


def _decide(rows: _Rows, aim: Aim, name: str, reason: str) -> Decision:
    nan = math.nan
    unknown = (nan, nan)
    empty = Decision(name, str(aim), nan, nan, unknown, nan, unknown, nan, nan, unknown, unknown, unknown, reason)
    if aim.kind == "top":
        return empty
    everything = np.ones(len(rows.scores), dtype=bool)
    target, counts = _reach(rows, aim)
    threshold = threshold_for(aim, rows.ranked(everything), target=target)
    if math.isinf(threshold):
        counts = replace(counts, hits=0.0, tagged=0.0)
    between = _between_heads(rows, lambda chosen: threshold_for(aim, rows.ranked(chosen), target=target))
    return _described(empty, threshold, counts, between)


def _between_heads(rows: _Rows, threshold_from: Callable[[Bool[np.ndarray, " R"]], float]) -> Between:
    """Return what the heads differ by, each with the threshold that the rows of the others give."""
    if rows.heads is None:
        return Between()
    alone = replace(rows, weight=np.ones(len(rows.scores)))  # a head scores an image once
    heads = np.unique(rows.heads)[:_MOST_HEADS]
    counts = [_count(alone, rows.heads == head, threshold_from(rows.heads != head)) for head in heads]
    hits, tagged, positives, images = np.array([astuple(count) for count in counts]).T
    return Between(
        share=variance_between(tagged, images),
        precision=variance_between(hits, tagged),
        recall=variance_between(hits, positives),
    )


def _reach(rows: _Rows, aim: Aim) -> tuple[float | None, _Counts]:
    """Return the lowest target that reaches the aim in the cross-fitted counts, and these counts."""
    if aim.kind not in ("recall", "precision"):
        return None, _cross_fitted(rows, aim, None)
    best: tuple[float, float, _Counts] | None = None
    training = [rows.ranked(rows.folds != fold) for fold in range(FOLDS)]
    for share in _RAISED:
        target = aim.value + share * (1 - aim.value)
        counts = _cross_fitted(rows, aim, target, training)
        whole = counts.positives if aim.kind == "recall" else counts.tagged
        reached = counts.hits / whole if whole else 0.0
        if best is None or reached > best[0]:
            best = (reached, target, counts)
        if reached >= aim.value - 1e-9:
            return target, counts
    assert best is not None
    return best[1], best[2]


def _cross_fitted(rows: _Rows, aim: Aim, target: float | None, training: list[RankedScores] | None = None) -> _Counts:
    total = _Counts(0, 0, 0, 0)
    for fold in range(FOLDS):
        ranked = rows.ranked(rows.folds != fold) if training is None else training[fold]
        total += _count(rows, rows.folds == fold, threshold_for(aim, ranked, target=target))
    return total


def _count(rows: _Rows, chosen: Bool[np.ndarray, " R"], threshold: float) -> _Counts:
    weight, labels = rows.weight[chosen], rows.labels[chosen]
    tagged = rows.scores[chosen] > threshold
    sums = ((weight * labels * tagged).sum(), (weight * tagged).sum(), (weight * labels).sum(), weight.sum())
    return _Counts(*map(float, sums))


def _described(empty: Decision, threshold: float, counts: _Counts, between: Between) -> Decision:
    missed, false = counts.positives - counts.hits, counts.tagged - counts.hits
    negatives = counts.images - counts.positives
    precision = effective_counts(counts.hits, false, between.precision)
    recall = effective_counts(counts.hits, missed, between.recall)
    return replace(
        empty,
        threshold=threshold,
        precision=counts.hits / counts.tagged if counts.tagged else math.nan,
        precision_interval=_jeffreys(*precision),
        recall=counts.hits / counts.positives if counts.positives else math.nan,
        recall_interval=_jeffreys(*recall),
        false_alarm_rate=false / negatives if negatives else math.nan,
        share_tagged=counts.tagged / counts.images,
        precision_counts=precision,
        recall_counts=recall,
        share_counts=effective_counts(counts.tagged, counts.images - counts.tagged, between.share),
    )


def _jeffreys(yes: float, no: float) -> Interval:
    """Return the Jeffreys 95% interval of a proportion; Brown, Cai and DasGupta, Statistical Science 2001."""
    if yes + no <= 0:
        return (math.nan, math.nan)
    low, high = (float(beta_distribution.ppf(q, max(yes, 0) + 0.5, max(no, 0) + 0.5)) for q in _TAILS)
    return (0.0 if yes <= 0 else low, 1.0 if no <= 0 else high)


def _folds(scores: HeldOutScores) -> Int[np.ndarray, " R"]:
    """Assign images to folds, the same for every class, in turn by their rarest class, so that folds are stratified."""
    images, first, place = np.unique(scores.image, return_index=True, return_inverse=True)
    labels = scores.labels[first]
    counts = labels.sum(axis=0)
    rarest = np.where(labels, np.where(counts > 0, counts, np.inf), np.inf).min(axis=1, initial=np.inf)
    shuffled = generator(0, "folds of held-out images").permutation(len(images))
    order = shuffled[np.argsort(rarest[shuffled], kind="stable")]
    fold = np.empty(len(images), dtype=np.int64)
    fold[order] = np.arange(len(images)) % FOLDS
    return fold[place]
