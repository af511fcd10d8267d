"""Means over seeds with intervals that hold together: simultaneous bands and contrasts of one joint sample."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.comparison.inference import Estimate, estimate, estimate_levels
from tailprobe.comparison.joint import (
    JointSample,
    components_of,
    images_covariance,
    joint_correlation,
    seeds_covariance,
    shrunk_correlation,
)
from tailprobe.comparison.min_p import single_step

LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class JointEstimate:
    """P means with the level at which each interval is taken, so that all hold at once with 95% confidence."""

    estimate: Estimate
    critical_level: float

    def band(self) -> tuple[Float[np.ndarray, " P"], Float[np.ndarray, " P"]]:
        """Return both ends of the simultaneous intervals."""
        return self.estimate.interval(level=1 - self.critical_level)

    def band_of_shares(self) -> tuple[Float[np.ndarray, " P"], Float[np.ndarray, " P"]]:
        """Return both ends of the simultaneous intervals of numbers in [0, 1]."""
        return self.estimate.logit_interval(level=1 - self.critical_level)


def estimate_levels_jointly(sample: JointSample) -> JointEstimate:
    """Estimate P trials' own numbers together."""
    return _jointly(sample, estimate_levels(components_of(sample)))


def estimate_contrasts_jointly(sample: JointSample, weights: Float[np.ndarray, "Q P"]) -> JointEstimate:
    """Estimate Q weighted sums of the numbers together, such as differences of trials of the same seeds."""
    combined = sample.combine(weights)
    return _jointly(combined, estimate(components_of(combined)))


def covariance_of_means(sample: JointSample) -> Float[np.ndarray, "P P"]:
    """Return the covariance of the means, positive definite: their standard errors and the shrunk correlation."""
    deviation = np.maximum(estimate_levels(components_of(sample)).standard_error, 1e-3)
    correlation = shrunk_correlation(seeds_covariance(sample.values), images_covariance(sample))
    return np.asarray(correlation * np.outer(deviation, deviation))


def _jointly(sample: JointSample, found: Estimate) -> JointEstimate:
    members = sample.values.shape[1]
    step = single_step(joint_correlation([sample]), members=members, level=LEVEL)
    return JointEstimate(found, step.critical_level)
