"""Tag new images from their scores, and warn if the images differ from the training images."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy.special import logit
from scipy.stats import binomtest

from tailprobe.use.aims import aims_by_class
from tailprobe.use.blocks import ScoredBlock
from tailprobe.use.classifier import Classifier
from tailprobe.use.expectation import Decision, decide_thresholds, decide_top
from tailprobe.use.prevalence import Prevalence, PrevalenceCounter
from tailprobe.use.reference import EXPECTED

_Z = 1.96  # standard normal quantile of a 95% interval
_MANY_UNLIKE = 0.03  # a larger share of unlike images gives a warning
_SIGNIFICANT = 1e-3  # level of the binomial test of that share against the expected 1%


@dataclass(frozen=True, eq=False)
class Summary:
    """What is known of new images from one pass over their scores, before they are tagged."""

    decisions: tuple[Decision, ...]  # (C,)
    prevalence: tuple[Prevalence, ...]  # (C,)
    images: int  # number of images scored
    unreadable: int
    unlike: int  # number of images unlike the training images

    def warnings(self) -> list[str]:
        """Return sentences, each on one reason why the expected performance may not hold."""
        return [*self._unlike(), *self._shifts(), *self._doubts(), *self._unreadable()]

    def _unlike(self) -> list[str]:
        share = self.unlike / max(self.images, 1)
        if share <= _MANY_UNLIKE or binomtest(self.unlike, self.images, EXPECTED, "greater").pvalue > _SIGNIFICANT:
            return []
        return [
            f"{self.unlike:,} of {self.images:,} images ({share:.0%}) do not look like the training images, of which "
            f"{EXPECTED:.0%} would be so far from the others; what is expected may not hold for them"
        ]

    def _shifts(self) -> list[str]:
        return [
            f"{decision.class_name}: estimated on {now.now:.2%} of the new images, {now.before:.2%} of the training "
            f"ones; at that, expect a precision of {decision.at_prevalence(now.now):.2f}"
            for decision, now in zip(self.decisions, self.prevalence, strict=True)
            if now.shifted
        ]

    def _doubts(self) -> list[str]:
        doubted = [f"{decision.class_name} ({decision.reason})" for decision in self.decisions if decision.reason]
        return [f"unreliable probabilities: {', '.join(doubted)}"] if doubted else []

    def _unreadable(self) -> list[str]:
        return [f"{self.unreadable:,} images could not be read and have no scores"] if self.unreadable else []


@dataclass(frozen=True, eq=False)
class TaggedBlock:
    """B images with their decisions."""

    names: tuple[str, ...]
    probabilities: Float64[np.ndarray, "B C"]
    tags: Bool[np.ndarray, "B C"]
    uncertain: Bool[np.ndarray, "B C"]  # the log odds are within 1.96 standard deviations of the threshold
    unlike: Bool[np.ndarray, " B"]
    problems: tuple[str, ...]


def summarise(classifier: Classifier, blocks: Iterable[ScoredBlock], aims: str | Sequence[str] | None) -> Summary:
    """Pass over all blocks once, for thresholds of `top`, prevalences and images unlike the training images."""
    given = classifier.aims if aims is None else (aims,) if isinstance(aims, str) else tuple(aims)
    found = aims_by_class(given, classifier.classes)
    wanted = [int(aim.value) if aim.kind == "top" else 0 for aim in found]
    counter, highest = PrevalenceCounter(len(classifier.classes)), _Highest(wanted)
    images = unreadable = unlike = 0
    for block in blocks:
        good = ~np.isnan(block.log_odds).any(axis=1)
        calibrated = classifier.calibration.log_odds(block.log_odds[good].astype(np.float64))
        counter.add(calibrated)
        highest.add(classifier.calibration.probabilities(block.log_odds[good].astype(np.float64)))
        images, unreadable = images + int(good.sum()), unreadable + int((~good).sum())
        unlike += int(block.unlike.sum())
    decisions = list(decide_thresholds(classifier.held_out, classifier.calibration, found, classifier.classes))
    for c, number in enumerate(wanted):
        if number:
            decisions[c] = decide_top(
                decisions[c], number, images, highest.threshold(c), classifier.held_out, classifier.calibration, c
            )
    before = classifier.held_out.prevalence
    prevalence = tuple(counter.estimate(c, float(share)) for c, share in enumerate(before))
    return Summary(tuple(decisions), prevalence, images, unreadable, unlike)


def tag(classifier: Classifier, block: ScoredBlock, summary: Summary) -> TaggedBlock:
    """Return the tags of a block's images."""
    threshold = np.array([decision.threshold for decision in summary.decisions])
    raw = block.log_odds.astype(np.float64)
    probabilities = classifier.calibration.probabilities(raw)
    with np.errstate(invalid="ignore", divide="ignore"):
        edge = logit(np.clip(threshold, 0, 1))
        margin = np.abs(classifier.calibration.log_odds(raw) - edge)
        uncertain = (margin < _Z * classifier.calibration.deviation(raw)) & (threshold > 0) & (threshold < 1)
        tags = probabilities > threshold
    return TaggedBlock(block.names, probabilities, tags, uncertain, block.unlike, block.problems)


class _Highest:
    """The N + 1 highest scores of each class with the aim top=N."""

    def __init__(self, wanted: list[int]) -> None:
        self._wanted = wanted
        self._scores = [np.empty(0) for _ in wanted]

    def add(self, scores: Float64[np.ndarray, "N C"]) -> None:
        for c, number in enumerate(self._wanted):
            if number:
                joined = np.sort(np.concatenate([self._scores[c], scores[:, c]]))[::-1]
                self._scores[c] = joined[: number + 1]

    def threshold(self, c: int) -> float:
        """Return a threshold that tags the N highest scores, and any equal to the N-th."""
        scores, number = self._scores[c], self._wanted[c]
        if len(scores) <= number:
            return 0.0
        last, following = scores[number - 1], scores[number]
        middle = following + (last - following) / 2
        return float(middle if middle < last else math.nextafter(last, -1))
