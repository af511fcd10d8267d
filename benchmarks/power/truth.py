"""The truth of simulated studies, and studies whose truth is chosen: centred, or with planted effects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.groups import LOW_FREQUENCY

HELPED = (1, 3, 5, 7)  # places of the methods with a planted effect: reweight(2), (3) and (10), oversampling


def mean_difference(studies: Sequence[Contrasts]) -> Float[np.ndarray, "M K"]:
    """Return the mean over studies of every method's difference from the baseline."""
    return np.nanmean([study.differences.mean for study in studies], axis=0)


def unseen_variance(studies: Sequence[Contrasts], column: int) -> Float[np.ndarray, " M"]:
    """Return the variance of every method's difference that seeds and shared test images do not show.

    The variance over collections less the mean of `s^2 / S + cov`: what the seeds' common training images bring.
    """
    differences = [study.differences for study in studies]
    shown = [d.seed_variance / d.seeds + np.maximum(d.covariance, 0) for d in differences]
    total = np.var([d.mean for d in differences], axis=0, ddof=1)
    return (total - np.mean(shown, axis=0))[:, column]


def planted_effects(
    studies: Sequence[Contrasts], grouping: Grouping, low_frequency: Bool[np.ndarray, " C"], *, strength: float
) -> Float[np.ndarray, "M K"]:
    """Return an effect on every low-frequency class of the methods `HELPED`, none elsewhere.

    Args:
        studies: those whose spread is the unit: the effect is `strength` times the standard deviation over collections
            of the method's difference on the low-frequency group.
    """
    column = grouping.column(LOW_FREQUENCY)
    unit = np.std([study.differences.mean[:, column] for study in studies], axis=0, ddof=1)
    effects = np.zeros((len(unit), len(grouping.names)))
    for method in HELPED:
        effects[method] = grouping.append_group_means(np.where(low_frequency, strength * unit[method], 0.0))
    return effects


def shifted(study: Contrasts, by: Float[np.ndarray, "M K"]) -> Contrasts:
    """Return a study whose every difference is larger by a constant: its noise and correlations are unchanged."""
    differences = study.differences
    moved = replace(differences, mean=differences.mean + by, per_seed=differences.per_seed + np.expand_dims(by, axis=1))
    return replace(study, differences=moved)


@dataclass(frozen=True, eq=False)
class Oracle:
    """A joint test that knows the true standard errors and correlations of the low-frequency differences."""

    standard_error: Float[np.ndarray, " M"]
    critical: float  # the largest |z| of all methods exceeds it in a share `level` of studies without effects

    @classmethod
    def of(cls, studies: Sequence[Contrasts], column: int, *, level: float) -> "Oracle":
        """Take standard errors and correlations from the studies' differences in a column."""
        differences = np.array([study.differences.mean[:, column] for study in studies])
        drawn = np.random.default_rng(0).multivariate_normal(
            np.zeros(differences.shape[1]), np.corrcoef(differences.T), 100_000
        )
        return cls(differences.std(axis=0, ddof=1), float(np.quantile(np.abs(drawn).max(axis=1), 1 - level)))

    def finds(self, study: Contrasts, column: int) -> Bool[np.ndarray, " M"]:
        """Return which methods the test finds to improve the column."""
        return study.differences.mean[:, column] / self.standard_error > self.critical
