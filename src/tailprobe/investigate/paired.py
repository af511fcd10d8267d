"""Cases of an investigation against one of them, under the same seeds and on the same images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.comparison.contrasts import TestResult
from tailprobe.groups import ALL, LOW_FREQUENCY, REMAINING
from tailprobe.investigate.joint_estimate import JointEstimate, estimate_contrasts_jointly, estimate_levels_jointly
from tailprobe.investigate.trials import Case, Material, Training, Trial, joint_of_groups, measure, run_trials
from tailprobe.scores.metric import lower_is_better

Loss = Literal["no relevant loss", "relevant loss", "loss", "open"]
Results = Mapping[Case, Sequence[TestResult]]  # seed by seed, in the order of the material's splits
GROUPS = (ALL, LOW_FREQUENCY, REMAINING)


@dataclass(frozen=True, eq=False)
class Differences:
    """Q cases on one group of classes: their own means, and differences from the reference; more is better."""

    levels: Float[np.ndarray, " Q"]
    reference: float
    together: JointEstimate  # of the differences

    @property
    def mean(self) -> Float[np.ndarray, " Q"]:
        """The differences."""
        return self.together.estimate.mean

    def losses(self, margin: float) -> list[Loss]:
        """Return for each case whether a loss as large as the margin is excluded, certain, or neither."""
        low, high = self.together.band()
        return [_loss(float(below), float(above), margin) for below, above in zip(low, high, strict=True)]


def collect(
    material: Material, trials: Sequence[Trial[Case]], training: Training, *, metric: str
) -> dict[Case, list[TestResult]]:
    """Train every trial and return its test result by case; the seeds of a case come in the order of the trials."""
    found: dict[Case, list[TestResult]] = {}
    for head in run_trials(material, trials, training, total=len(trials)):
        found.setdefault(head.case, []).append(measure(material, head, metric))
    return found


def group_masks(material: Material) -> Bool[np.ndarray, "G C"]:
    """Return which classes are in each of `GROUPS`."""
    low = material.low_frequency
    return np.stack([np.ones_like(low), low, ~low])


def compare_cases(
    results: Results[Case],
    cases: Sequence[Case],
    reference: Case,
    members: Bool[np.ndarray, "G C"],
    *,
    metric: str,
) -> list[Differences]:
    """Compare cases with a reference on each group of classes, by the macro mean of the metric."""
    sign = -1 if lower_is_better(metric) else 1
    weights = sign * np.column_stack([-np.ones(len(cases)), np.eye(len(cases))])
    found = []
    for sample in joint_of_groups([results[case] for case in (reference, *cases)], members):
        levels = estimate_levels_jointly(sample).estimate.mean
        found.append(Differences(levels[1:], float(levels[0]), estimate_contrasts_jointly(sample, weights)))
    return found


def one_class_each(classes: Iterable[int], total: int) -> Bool[np.ndarray, "G C"]:
    """Return groups of one class each, for `compare_cases`."""
    return np.eye(total, dtype=bool)[list(classes)]


def _loss(low: float, high: float, margin: float) -> Loss:
    if low > -margin:
        return "no relevant loss"
    if high < -margin:
        return "relevant loss"
    return "loss" if high < 0 else "open"
