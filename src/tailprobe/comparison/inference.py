"""From spreads to intervals, p-values and the smallest difference that could have been shown."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import stats
from scipy.special import expit, logit

from tailprobe.comparison.moderation import moderate
from tailprobe.comparison.shared import steady_covariance
from tailprobe.comparison.spread import Spread
from tailprobe.scores.ratio import ratio

POWER = 0.8
# The covariance of two seeds' own numbers by the training images they share, over the seeds' variance. It cannot be
# measured within one collection (Bengio and Grandvalet 2004); in simulated studies with trained heads it is 0.02 to 0.1
# (docs/statistics.md). Differences from the baseline, whose training images are the same, need none.
_SHARED_TRAINING = 0.03


@dataclass(frozen=True, eq=False)
class Estimate:
    """Means with their standard errors, to be read by Student's t."""

    mean: Float[np.ndarray, "*K"]
    error: Float[np.ndarray, "*K"]  # standard error of the mean; NaN where it cannot be known
    degrees: Float[np.ndarray, "*K"]  # of freedom

    def interval(self, *, level: float = 0.95) -> tuple[Float[np.ndarray, "*K"], Float[np.ndarray, "*K"]]:
        """Return the lower and upper ends of the confidence interval."""
        reach = stats.t.isf((1 - level) / 2, self.degrees) * self.error
        return self.mean - reach, self.mean + reach

    def share_interval(self, *, level: float = 0.95) -> tuple[Float[np.ndarray, "*K"], Float[np.ndarray, "*K"]]:
        """Return the ends of the confidence interval of means that lie in [0, 1].

        Taken on the logit scale, by the delta method (Agresti, Categorical Data Analysis, 2013, 3.1.6), so that it
        reaches further towards 1/2 than towards the near end: a share of few cases that came out high by luck also
        seems to vary less. At 0 or 1 there is no logit, and the plain interval is cut off there.
        """
        inside = (self.mean > 0) & (self.mean < 1)
        share = np.where(inside, self.mean, 0.5)
        reach = stats.t.isf((1 - level) / 2, self.degrees) * self.error / (share * (1 - share))
        low, high = (np.clip(end, 0, 1) for end in self.interval(level=level))
        return (
            np.where(inside, expit(logit(share) - reach), low),
            np.where(inside, expit(logit(share) + reach), high),
        )

    def p(self) -> Float[np.ndarray, "*K"]:
        """Return two-sided p-values of a mean of 0; NaN without an error."""
        return 2 * np.asarray(stats.t.sf(ratio(np.abs(self.mean), self.error), self.degrees))

    def certainty(self) -> Float[np.ndarray, "*K"]:
        """Return how probable a truth of 0 or more is, every truth being held equally likely beforehand."""
        return np.asarray(stats.t.cdf(ratio(self.mean, self.error), self.degrees))

    def detectable(self, *, level: float) -> Float[np.ndarray, "*K"]:
        """Return the smallest true difference that is found with a chance of 80% at a two-sided level.

        (t_{1 - level/2} + t_{0.8}) standard errors: Cohen's formula with t in the normal's place.
        """
        quantiles = stats.t.isf(level / 2, self.degrees) + stats.t.ppf(POWER, self.degrees)
        found: Float[np.ndarray, "*K"] = quantiles * self.error
        return found


def widen_sameness(found: Estimate, *, support: Float[np.ndarray, " K"]) -> Estimate:
    """Give numbers that came out the same for every seed and image the interval of the rule of three.

    Ten perfect positives do not make a perfect class: where nothing went otherwise in n cases, up to 3 / n may.

    Args:
        support: test positives of each of the K columns, taken as n; of the seeds only one is counted.

    Source:
        Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 1983.
    """
    reach = ratio(np.full(support.shape, 3.0), support) / stats.t.isf(0.025, found.degrees)
    return replace(found, error=np.where(found.error == 0, reach, found.error))


def estimate(spread: Spread) -> Estimate:
    """Return means with errors from each number's own seeds.

    With one seed only the spread of the images is known: the interval is that of this one head on new images.
    """
    one = spread.seeds == 1
    variance = np.where(one, spread.image_variance, spread.seed_variance)
    return _combine(spread, variance, np.where(one, np.inf, np.maximum(spread.seeds - 1, 1)))


def estimate_values(spread: Spread) -> Estimate:
    """Return means of a method's own numbers, whose seeds have training images in common too."""
    # As uncertain as the variance that it is a part of, hence in its place and not in the covariance's.
    return estimate(replace(spread, seed_variance=spread.seed_variance * (1 + spread.seeds * _SHARED_TRAINING)))


def estimate_moderated(spread: Spread, *, support: Float[np.ndarray, " K"], classes: int) -> Estimate:
    """Return means with errors, M methods by K columns, variances and covariances steadied by one another.

    Args:
        support: of each column, as `moderate` asks for.
        classes: how many of the columns are classes; groups follow.
    """
    one = spread.seeds == 1
    covariance, error = steady_covariance(
        spread.covariance, spread.covariance_variance, spread.image_variance, support=support, classes=classes
    )
    spread = replace(spread, covariance=covariance, covariance_variance=error)
    variance, degrees = moderate(
        spread.seed_variance,
        spread.image_variance,
        seeds=spread.seeds,
        support=support,
        by_seed=spread.by_seed,
        classes=classes,
    )
    variance = np.where(one, spread.image_variance, variance)
    return _combine(spread, variance, np.where(one, np.inf, np.maximum(degrees, 1)))


def _combine(spread: Spread, variance: Float[np.ndarray, "*K"], degrees: Float[np.ndarray, "*K"]) -> Estimate:
    """Add the two parts of Var(mean) = variance / S + covariance and their degrees of freedom (Satterthwaite 1946)."""
    of_seeds = ratio(variance, spread.seeds)
    covariance = np.maximum(np.nan_to_num(spread.covariance), 0)
    whole = of_seeds + covariance
    doubt = of_seeds**2 / degrees + np.nan_to_num(spread.covariance_variance) / 2
    together = np.divide(whole**2, doubt, out=np.full(whole.shape, np.inf), where=doubt > 0)
    return Estimate(spread.mean, np.sqrt(whole), np.minimum(together, 1e9))
