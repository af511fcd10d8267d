"""How much each image of a test part counts in a metric: the derivative of the metric by the image's weight.

With every image given a weight, 1 at first, a metric T is a smooth function of the weights, and

    u_i = dT / dw_i,   sum_i u_i = 0 (doubling every weight changes nothing)

says how T moves when image i counts a little more. Over new draws of the images the variance of T is about sum_i u_i^2
(the infinitesimal jackknife), and two test parts that share images vary together by the sum over those of the products.
That separates test-sampling from seed variance (`variance`). The derivatives are defined with each metric, in
`scores/metrics/`.

Source:
    Jaeckel, The infinitesimal jackknife, Bell Laboratories 1972; Efron, The Jackknife, the Bootstrap and Other
    Resampling Plans, SIAM 1982, chapter 6.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.scores.metric import Influence, Metric, Sample, measure


def jackknife_influence(metric: Metric, sample: Sample, units: Int[np.ndarray, " N"] | None = None) -> Influence:
    """Return a metric's values and each image's influence on it, scaled to the delete-one jackknife's.

    Args:
        units: what each image is one of, as a scene or a patient, where the images of a unit are not independent.

    Raises:
        InputError: the metric has no influence function, or is one of decisions and the sample has no thresholds.
    """
    value, influence = measure(metric, sample)
    return Influence(value, influence * jackknife_correction(sample.labels, units, sample.known))


def jackknife_correction(
    labels: Bool[np.ndarray, "N C"],
    units: Int[np.ndarray, " N"] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
) -> Float[np.ndarray, "N C"]:
    """Return what the influence of each image is multiplied by: n / (n - 1), n the positives or negatives it is one of.

    With few positives the derivative understates what leaving one out does; with this the squares add up to about the
    delete-one jackknife's variance, in the mean not too small (Efron and Stein, Annals of Statistics 1981). Of images
    in units n counts the units that have a positive, or a negative.

    For a mean, the product of two test parts' influences is so unbiased where the parts share few images: each is taken
    from its own part's mean, and so (n - 1) / n too small. Where they share all, as with a given split, and in the test
    sampling variance of one part, it is n / (n - 1) too large; sqrt(n / (n - 1)) would be right there, and 13% too
    small for parts of 6 positives that share a fifth.

    Of labels that are not known, which count as neither, the influence is 0 and the factor of no matter.
    """
    carried, free = (labels, ~labels) if known is None else (labels & known, ~labels & known)
    positives, negatives = (each.sum(axis=0) if units is None else _units_with(each, units) for each in (carried, free))
    return np.where(labels, positives / np.maximum(positives - 1, 1), negatives / np.maximum(negatives - 1, 1))


def sum_by_unit(units: Int[np.ndarray, " N"], influence: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "U C"]:
    """Return the influence of each unit, in ascending order of the units: the sum over its images.

    Source:
        Cameron and Miller, A practitioner's guide to cluster-robust inference, Journal of Human Resources 2015.
    """
    place = np.unique(units, return_inverse=True)[1]
    total = np.zeros((place.max() + 1, influence.shape[1]))
    np.add.at(total, place, influence)
    return total


def _units_with(carried: Bool[np.ndarray, "N C"], units: Int[np.ndarray, " N"]) -> Int[np.ndarray, " C"]:
    return (sum_by_unit(units, carried.astype(np.float64)) > 0).sum(axis=0)
