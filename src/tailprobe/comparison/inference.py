"""From variance components to confidence intervals, p-values and minimum detectable effects."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import stats
from scipy.special import expit, logit

from tailprobe.comparison.covariance_shrinkage import shrink_covariances
from tailprobe.comparison.variance import VarianceComponents
from tailprobe.comparison.variance_shrinkage import shrink_variances
from tailprobe.scores.ratio import ratio

POWER = 0.8
# The covariance of two seeds' own numbers by the training images they share, over the variance between seeds. It cannot
# be measured within one collection (Bengio and Grandvalet 2004). Differences from the baseline, whose training images
# are the same, need none, but at thresholds that are tuned on validation images, each head's on its own
# (docs/statistics.md).
_TRAIN_OVERLAP_CORRELATION = 0.03
# By how much of itself a method's effect differs between collections, beyond what seeds and test images show: what a
# method does depends on its training images, most of which all seeds share. Measured with trained heads, where the
# effects are many standard errors large (docs/statistics.md); near 0 it is nothing.
EFFECT_SPREAD = 0.1
_IMAGES_ADDED = 2  # to the few that carry a class (`allow_for_few_images`)
_MOST_SPREAD = 0.5  # of a mean, at the level: one degree of freedom and a tenth would exceed it, and bound nothing


@dataclass(frozen=True, eq=False)
class Estimate:
    """Means with their standard errors, t-distributed."""

    mean: Float[np.ndarray, "*K"]
    standard_error: Float[np.ndarray, "*K"]  # of the mean; NaN if it cannot be known
    df: Float[np.ndarray, "*K"]  # degrees of freedom
    standard_error_seeds: Float[np.ndarray, "*K"]  # its part that more seeds lower; NaN for one seed
    standard_error_images: Float[np.ndarray, "*K"]  # its part that no number of seeds lowers
    seeds_df: Float[np.ndarray, "*K"]  # degrees of freedom of the seeds' part
    effect_spread: Float[np.ndarray, "*K"]  # standard deviation of the true mean over collections, as a share of it

    def interval(
        self, *, level: float | Float[np.ndarray, "*K"] = 0.95
    ) -> tuple[Float[np.ndarray, "*K"], Float[np.ndarray, "*K"]]:
        """Return the lower and upper ends of the confidence interval; it excludes 0 where p is below 1 - level.

        It holds every true mean m that a test at the level does not reject: |mean - m| <= t sqrt(SE^2 + (spread m)^2),
        a quadratic inequality in m (Fieller, Some problems in interval estimation, JRSS B 1954). A mean of 0 has no
        spread, so that the test of it is the plain one.
        """
        t = stats.t.isf((1 - level) / 2, self.df)
        spread = np.minimum(t * self.effect_spread, _MOST_SPREAD)
        shrunk = 1 - spread**2
        half_width = np.sqrt((t * self.standard_error) ** 2 * shrunk + (spread * self.mean) ** 2)
        return (self.mean - half_width) / shrunk, (self.mean + half_width) / shrunk

    def logit_interval(self, *, level: float = 0.95) -> tuple[Float[np.ndarray, "*K"], Float[np.ndarray, "*K"]]:
        """Return the ends of the confidence interval of means in [0, 1].

        Taken on the logit scale, by the delta method (Agresti, Categorical Data Analysis, 2013, 3.1.6), so that it
        reaches further towards 1/2 than towards the near end: a share of few cases that came out high by chance also
        seems to vary less. At 0 or 1 there is no logit, and the plain interval is cut off there.
        """
        inside = (self.mean > 0) & (self.mean < 1)
        share = np.where(inside, self.mean, 0.5)
        half_width = stats.t.isf((1 - level) / 2, self.df) * self.standard_error / (share * (1 - share))
        low, high = (np.clip(end, 0, 1) for end in self.interval(level=level))
        return (
            np.where(inside, expit(logit(share) - half_width), low),
            np.where(inside, expit(logit(share) + half_width), high),
        )

    def p(self) -> Float[np.ndarray, "*K"]:
        """Return two-sided p-values of a mean of 0; NaN without a standard error."""
        return 2 * np.asarray(stats.t.sf(ratio(np.abs(self.mean), self.standard_error), self.df))

    def probability_of_benefit(self) -> Float[np.ndarray, "*K"]:
        """Return the posterior probability that the true mean is 0 or more, under a flat prior."""
        return np.asarray(stats.t.cdf(ratio(self.mean, self.standard_error), self.df))

    def minimum_detectable_effect(self, *, level: float | Float[np.ndarray, "*K"]) -> Float[np.ndarray, "*K"]:
        """Return the smallest true mean that a two-sided test at a level detects with 80% power.

        (t_{1 - level/2} + t_{0.8}) standard errors: Cohen's formula with t in the normal's place.
        """
        quantiles = stats.t.isf(level / 2, self.df) + stats.t.ppf(POWER, self.df)
        effect: Float[np.ndarray, "*K"] = quantiles * self.standard_error
        return effect


def rule_of_three(estimate: Estimate, *, support: Float[np.ndarray, " K"]) -> Estimate:
    """Give numbers of zero variance, the same for every seed and image, the interval of the rule of three.

    Where no case out of n deviates, the 95% upper limit of the rate of deviations is 3 / n.

    Args:
        support: test positives of each of the K columns, taken as n; of the seeds only one is counted.

    Source:
        Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 1983.
    """
    standard_error = ratio(np.full(support.shape, 3.0), support) / stats.t.isf(0.025, estimate.df)
    return replace(
        estimate, standard_error=np.where(estimate.standard_error == 0, standard_error, estimate.standard_error)
    )


def estimate(components: VarianceComponents, *, training_overlap: float = 0.0) -> Estimate:
    """Return means with standard errors from each number's own seeds.

    With one seed only the test sampling variance is known: the interval is that of this one head on new images.

    Args:
        training_overlap: as of `combine_parts`.
    """
    seed_df = np.maximum(components.seeds - 1, 1).astype(np.float64)
    return combine_parts(components, components.seed_variance, seed_df, training_overlap=training_overlap)


def estimate_levels(components: VarianceComponents) -> Estimate:
    """Return means of a method's own numbers, whose seeds have training images in common too."""
    return estimate(components, training_overlap=_TRAIN_OVERLAP_CORRELATION)


def estimate_shrunk(
    components: VarianceComponents, *, support: Float[np.ndarray, " K"], classes: int, tuned: bool = False
) -> Estimate:
    """Return means with standard errors, M methods by K columns, from shrunk variances and covariances.

    Args:
        support: test positives of each column; of a group the harmonic mean over its classes.
        classes: how many of the columns are classes; groups follow.
        tuned: they are of decisions at thresholds that are tuned on validation images, which seeds share as well.
    """
    covariance, covariance_variance = shrink_covariances(
        components.covariance,
        components.covariance_variance,
        components.test_sampling_variance,
        support=support,
        classes=classes,
    )
    components = replace(components, covariance=covariance, covariance_variance=covariance_variance)
    variance, df = shrink_variances(
        components.seed_variance,
        components.test_sampling_variance,
        seeds=components.seeds,
        support=support,
        classes=classes,
    )
    overlap = _TRAIN_OVERLAP_CORRELATION if tuned else 0.0
    found = combine_parts(
        components, variance, np.maximum(df, 1), training_overlap=overlap, effect_spread=EFFECT_SPREAD
    )
    is_class = np.arange(found.df.shape[-1]) < classes
    return allow_for_few_images(found, np.where(is_class, components.effective_images, np.inf))


def allow_for_few_images(found: Estimate, effective_images: Float[np.ndarray, "*K"]) -> Estimate:
    """Widen what few images carry: fewer degrees of freedom, and a variance as of two more images like them.

    Where a collection has few hard images of a class that is nearly perfect, both the difference and its standard error
    come out small, and the interval misses the truth on one side. As Agresti and Coull's two successes and two failures
    do for a share, two images more keep the variance from it. Groups, which more images carry, need none of this
    (docs/statistics.md).

    Args:
        effective_images: n of `variance.effective_number`; infinite where nothing is to be widened.

    Source:
        Agresti and Coull, Approximate is better than "exact", The American Statistician 1998, for the idea.
    """
    added = _IMAGES_ADDED / np.maximum(effective_images, 1)
    variance = found.standard_error**2
    images = np.sqrt(found.standard_error_images**2 + added * variance)
    return replace(
        found,
        standard_error=np.sqrt(variance * (1 + added)),
        standard_error_images=images,
        df=limit_df(found.df, effective_images),
    )


def limit_df(df: Float[np.ndarray, "*K"], effective_images: Float[np.ndarray, "*K"]) -> Float[np.ndarray, "*K"]:
    """Return the degrees of freedom of a variance that few images carry, however well it is known of these images.

    Relative variances add up, 2 / df of the estimate from the seeds and 1 / n of the images' own
    (`variance.effective_number`); 2 over their sum are the degrees of freedom of a chi-square as uncertain. Without it
    classes that are nearly perfect but for a few hard images are covered too seldom (docs/statistics.md); groups, which
    more images carry, are not.

    Source:
        Satterthwaite, Biometrics 1946; Bell and McCaffrey, Survey Methodology 2002, for few clusters.

    >>> limit_df(np.array([20.0, 20.0, 20.0]), np.array([10.0, np.inf, 0.0]))
    array([10., 20.,  1.])
    """
    with np.errstate(divide="ignore"):  # none of the one or the other leaves the least degrees of freedom
        limited: Float[np.ndarray, "*K"] = 2 / (2 / df + 1 / effective_images)
    return np.maximum(limited, 1)


def combine_parts(
    components: VarianceComponents,
    seed_variance: Float[np.ndarray, "*K"],
    seed_df: Float[np.ndarray, "*K"],
    *,
    training_overlap: float = 0.0,
    effect_spread: float = 0.0,
) -> Estimate:
    """Add the parts of Var(mean) = seed variance / S + covariance, and their degrees of freedom by Satterthwaite.

    With one seed, whose variance is not known, the test sampling variance is the whole.

    Args:
        training_overlap: the covariance of two seeds by the training images that they share, as a share of the seed
            variance, of which it is as uncertain as that; it is added to the images' part.
        effect_spread: as of `Estimate`.

    Source:
        Satterthwaite, Biometrics 1946.
    """
    single = components.seeds == 1
    seed_part = np.where(single, np.nan, ratio(seed_variance, components.seeds))
    training_part = np.nan_to_num(training_overlap * seed_variance)
    covariance = np.maximum(np.nan_to_num(components.covariance), 0)
    image_part = np.where(single, components.test_sampling_variance, covariance + training_part)
    variance = np.where(single, image_part, seed_part + image_part)
    denominator = (seed_part + training_part) ** 2 / seed_df + np.nan_to_num(components.covariance_variance) / 2
    df = np.divide(variance**2, denominator, out=np.full(variance.shape, np.inf), where=denominator > 0)
    return Estimate(
        mean=components.mean,
        standard_error=np.sqrt(variance),
        df=np.minimum(df, 1e9),
        standard_error_seeds=np.sqrt(seed_part),
        standard_error_images=np.sqrt(image_part),
        seeds_df=seed_df,
        effect_spread=np.full(variance.shape, effect_spread),
    )
