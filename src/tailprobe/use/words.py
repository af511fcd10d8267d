"""Describe the expected performance of thresholds as text."""

import math
from collections.abc import Sequence

from tailprobe.use.expectation import Decision, Interval


def expectation_lines(decisions: Sequence[Decision], *, images: int = 1000) -> list[str]:
    """Return one line per class: aim, threshold, precision and recall with intervals, number of images to check.

    Args:
        decisions: (C,) see `Classifier.decisions`.
        images: number of new images for which images to check are counted.
    """
    return [_line(decision, images) for decision in decisions]


def _line(decision: Decision, images: int) -> str:
    name = f"{decision.class_name} ({decision.aim})"
    if math.isnan(decision.threshold):
        return f"{name}: {_to_look_at(decision, images)}, those with the highest scores"
    if math.isinf(decision.threshold):
        return f"{name}: no threshold reaches this aim on the labelled images, so no image is tagged"
    doubt = f"; probabilities are unreliable: {decision.reason}" if decision.reason else ""
    return (
        f"{name}: above {decision.threshold:.3g}, precision {_rate(decision.precision, decision.precision_interval)}, "
        f"recall {_rate(decision.recall, decision.recall_interval)}, "
        f"{_to_look_at(decision, images)}{doubt}"
    )


def _to_look_at(decision: Decision, images: int) -> str:
    kind, _, number = decision.aim.partition("=")
    if kind == "top":  # exactly as many as asked for, whatever the held-out images say
        return f"{min(int(number), images):,} of {images:,} images to look at"
    look, interval = decision.images_to_look_at(images)
    return f"{look:,.0f} ({interval[0]:,.0f} to {interval[1]:,.0f}) of {images:,} images to look at"


def _rate(value: float, interval: Interval) -> str:
    if math.isnan(value):
        return "unknown"
    return f"{value:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"
