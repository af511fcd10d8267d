"""`size` answered: curves, shapes and needed images of each class, in words and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tailprobe.comparison.joint import JointSample, without_influences
from tailprobe.errors import InputError
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.joint_estimate import JointEstimate, covariance_of_means, estimate_levels_jointly
from tailprobe.investigate.size.curve import LearningCurve, fit_curve
from tailprobe.investigate.size.measure import ClassSteps, measure_steps
from tailprobe.investigate.size.shape import Verdict, classify_shape
from tailprobe.investigate.size.target import REACH, ImagesNeeded, Target, images_needed
from tailprobe.investigate.trials import Material, Training
from tailprobe.scores.metric import default_margin, lower_is_better, metric_title

QUESTION = (
    "Future work might also explore whether model accuracy improves sharply for a label once that label's training "
    "data size crosses above a certain threshold [...] Alternatively, [...] accuracy could increase continually. "
    "(Panigrahi and Zhu, section 6)"
)
_WORDS = {
    "jump": (
        "The curve shows a jump: one doubling, to {at} images, brings more than half of the whole gain and more than "
        "those before"
    ),
    "steady": "The curve shows steady growth: no doubling after the first brings half of the whole gain",
    "flat": "The curve is flat: the whole gain is within the margin of {margin:g}",
    "open": "Whether it is a jump or steady growth is not shown by these images and seeds",
}


@dataclass(frozen=True, eq=False)
class ClassCurve:
    """One class: what was measured, the bands, the fitted curves and what follows from them."""

    steps: ClassSteps
    bands: JointEstimate
    curve: LearningCurve
    verdict: Verdict
    precision_curve: LearningCurve  # of the precision at the wanted recall
    needed: ImagesNeeded


@dataclass(frozen=True, eq=False)
class SizeAnswer:
    """What `size` found, for the figure; `finding` says it in words."""

    metric: str
    margin: float
    target: Target
    train_share: float  # of the collection's images in a training part
    classes: tuple[ClassCurve, ...]

    def finding(self) -> Finding:
        """Return words and tables."""
        answers = [line for found in self.classes for line in _sentences(found, self)]
        tables = {"size_steps": _step_table(self), "size_curves": _curve_table(self)}
        title = "How the score of a class grows with its training images"
        return Finding("size", title, QUESTION, tuple(answers), _how(self), tables)


def investigate_size(
    material: Material,
    classes: Sequence[str],
    training: Training,
    *,
    metric: str = "average_precision",
    margin: float | None = None,
    target: Target | None = None,
) -> SizeAnswer:
    """Measure the scores of classes against their number of training images.

    Args:
        classes: by name; none for the low-frequency ones.
        margin: smaller gains make no difference in practice; by default the metric's.

    Raises:
        InputError: an unknown class, one of a single training image, or a metric of which less is better.
    """
    if lower_is_better(metric):
        raise InputError(f"metric {metric!r}: size fits growing curves; choose a metric of which higher is better")
    wanted = target or Target()
    names = list(classes) or [material.classes[c] for c in np.flatnonzero(material.low_frequency)]
    margin = default_margin(metric) if margin is None else margin
    measured = measure_steps(material, names, training, metric=metric, recall=wanted.recall)
    found = tuple(_class_curve(steps, margin=margin, target=wanted) for steps in measured)
    share = len(next(iter(material.splits.values())).train) / len(material.images)
    return SizeAnswer(metric, margin, wanted, share, found)


def _class_curve(steps: ClassSteps, *, margin: float, target: Target) -> ClassCurve:
    precision = without_influences(steps.precision)
    curve = _fitted(steps, steps.scores)
    precision_curve = _fitted(steps, precision)
    return ClassCurve(
        steps,
        estimate_levels_jointly(steps.scores),
        curve,
        classify_shape(steps.images, steps.scores, margin=margin),
        precision_curve,
        images_needed(precision_curve, target.precision),
    )


def _fitted(steps: ClassSteps, sample: JointSample) -> LearningCurve:
    covariance = covariance_of_means(sample)
    if not len(sample.units):  # as `variance.nadeau_bengio`, for the test images that the seeds share
        covariance = covariance * (1 + len(sample.values) * 0.2 / 0.8)
    means = estimate_levels_jointly(sample).estimate.mean
    return fit_curve(steps.images, means, covariance)


def _sentences(found: ClassCurve, answer: SizeAnswer) -> list[str]:
    steps, verdict = found.steps, found.verdict
    mean, least, most = found.bands.estimate.mean, steps.images[0], steps.images[-1]
    shape = _WORDS[verdict.shape].format(at=verdict.at, margin=answer.margin)
    gain, low, high = found.curve.gain(2)
    return [
        f"{steps.name}: {metric_title(answer.metric)} is {mean[0]:.3f} with {least} training image(s) and "
        f"{mean[-1]:.3f} with {most}, a gain of {verdict.gain:.3f} (95% interval {verdict.gain_low:.3f} to "
        f"{verdict.gain_high:.3f}). {shape}"
        f"{' (95% simultaneous confidence)' if verdict.shape != 'open' else ''}.",
        f"{steps.name}: twice the {most} training images would add {gain:.3f} by the fitted curve (95% interval "
        f"{low:.3f} to {high:.3f}); {_growth(low, high, answer.margin)}.",
        f"{steps.name}: {_needed_words(found.needed, int(most), answer)}",
    ]


def _growth(low: float, high: float, margin: float) -> str:
    if high < margin:
        return f"it has levelled off, a doubling brings less than the margin of {margin:g}"
    if low > margin:
        return f"it still grows by more than the margin of {margin:g} a doubling"
    return f"whether that is more than the margin of {margin:g} is open"


def _needed_words(needed: ImagesNeeded, most: int, answer: SizeAnswer) -> str:
    wanted = f"a recall of {answer.target.recall:g} at a precision of {answer.target.precision:g}"
    if needed.reached > 0.95:
        return f"{wanted} is reached with the {most} training images there are (probability {needed.reached:.2f})."
    if np.isinf(needed.median):
        return (
            f"{wanted} is more likely than not out of reach within {REACH} times the {most} training images there are "
            f"(probability that it is reached {needed.ever:.2f})."
        )
    more = max(needed.median - most, 0)
    return (
        f"{wanted} takes about {_images(needed.median, most)} training images (90% interval "
        f"{_images(needed.low, most)} to {_images(needed.high, most)}), {more:.0f} more than the {most} there are; "
        f"as {answer.train_share:.0%} of a collection are trained on, {more / answer.train_share:.0f} more in all."
    )


def _images(number: float, most: int) -> str:
    return f"over {REACH * most:,}" if np.isinf(number) else f"{number:,.0f}"


def _how(answer: SizeAnswer) -> tuple[str, ...]:
    seeds = len(answer.classes[0].steps.scores.values)
    return (
        f"For each class heads are trained with all of its training images, half of them, a quarter and so on down to "
        f"one, under {seeds} seeds, each with a split, a draw of images and an initialisation of its own; the "
        "images of all other classes stay. An image that carries other classes too stays for those, and its term of "
        "this class is left out of the loss.",
        "Bands hold for all steps of a class at once (95%); they cover new splits, draws and test images.",
        "Jump: one doubling after the first brings more than half of the whole gain and more than the mean of those "
        "before it; steady: every doubling after the first brings less than half; both tested together at 5%.",
        "The curve is a power law with an asymptote and a slow start, fitted by its posterior. Beyond the images there "
        "are it is an extrapolation: `python -m benchmarks.size_curve` measures how often its intervals hold.",
    )


def _step_table(answer: SizeAnswer) -> pd.DataFrame:
    """Return one row per class and step: the score with its simultaneous band, the precision at the wanted recall."""
    frames = []
    for found in answer.classes:
        low, high = found.bands.band_of_shares()
        frames.append(
            pd.DataFrame(
                {
                    "class_name": found.steps.name,
                    "training_images": found.steps.images,
                    "metric": answer.metric,
                    "value": found.bands.estimate.mean,
                    "simultaneous_low": low,
                    "simultaneous_high": high,
                    "standard_error": found.bands.estimate.standard_error,
                    "precision_at_recall": found.steps.precision.mean(axis=0),
                    "other_classes": found.steps.others.mean(axis=0),
                    "seeds": len(found.steps.precision),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _curve_table(answer: SizeAnswer) -> pd.DataFrame:
    """Return one row per class: the shape, the next doubling, and the images that the target takes."""
    rows = []
    for found in answer.classes:
        gain, low, high = found.curve.gain(2)
        verdict, needed = found.verdict, found.needed
        rows.append(
            {
                "class_name": found.steps.name,
                "training_images": int(found.steps.images[-1]),
                "shape": verdict.shape,
                "jump_at": verdict.at,
                "gain": verdict.gain,
                "gain_low": verdict.gain_low,
                "gain_high": verdict.gain_high,
                "doubling": gain,
                "doubling_low": low,
                "doubling_high": high,
                "needed": needed.median,
                "needed_low": needed.low,
                "needed_high": needed.high,
                "reached": needed.reached,
                "reached_ever": needed.ever,
            }
        )
    return pd.DataFrame(rows).astype({"jump_at": "Int64"})
