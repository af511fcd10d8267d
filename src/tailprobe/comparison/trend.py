"""Dose and response: one contrast of the methods that differ in one number.

Six doses of a method, each tested against the baseline, ask six times what is one question: does more of it do more?
The trend is the least-squares line of the differences in the logarithm of the dose, given as the change from the lowest
to the highest dose along it. Its weights are known before training and add up to 0, so the baseline's own noise is not
in it. It is one more member of the primary question.

Source:
    Tukey, Ciminera and Heyse, Testing the statistical certainty of a response to increasing doses of a drug, Biometrics
    1985 (trends in the logarithm of the dose).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import EFFECT_SPREAD, Estimate, combine_parts
from tailprobe.comparison.joint import JointSample, components_of
from tailprobe.comparison.min_p import SingleStep
from tailprobe.comparison.question import PRIMARY
from tailprobe.comparison.table import clip_to_range
from tailprobe.comparison.words import verdict_words, within_margin
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.methods.doses import DoseFamily
from tailprobe.scores.metric import lower_is_better
from tailprobe.scores.ratio import ratio

COLUMNS = (
    "encoder", "name", "argument", "methods", "doses", "class_name", "metric", "difference", "low", "high", "p",
    "p_adjusted", "question", "level", "critical_level", "simultaneous_low", "simultaneous_high", "margin", "verdict",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trend:
    """A family's trend under one encoder, on the low-frequency classes."""

    encoder: str
    family: DoseFamily
    sample: JointSample  # of the one contrast
    estimate: Estimate  # (1,)


def trend_weights(doses: Sequence[float]) -> Float[np.ndarray, " M"]:
    """Return what each method's difference counts in the change from the lowest to the highest dose.

    >>> trend_weights((1.0, 2.0, 4.0)).round(3)
    array([-1.,  0.,  1.])
    """
    x = np.log(np.asarray(doses))
    centred = x - x.mean()
    return np.asarray(centred * (x.max() - x.min()) / (centred @ centred))


def trends(
    contrasts: Sequence[Contrasts],
    estimates: Sequence[Estimate],
    grouping: Grouping,
    *,
    families: Sequence[DoseFamily],
    left_out: Collection[str],
) -> list[Trend]:
    """Estimate every family's trend under every encoder; none where influences are not known.

    Args:
        left_out: methods whose difference is known beforehand; families with one of them have no trend.
    """
    return [
        _trend(c, e, grouping, family)
        for c, e in zip(contrasts, estimates, strict=True)
        for family in families
        if c.has_test_variance and set(family.methods) <= set(c.methods) - set(left_out) and not _few_seeds(c)
    ]


def shrink_towards_methods(
    seed_variance: float,
    test_sampling_variance: float,
    *,
    residual_df: float,
    ratios: Float[np.ndarray, " M"],
    methods_df: Float[np.ndarray, " M"],
) -> tuple[float, float]:
    """Return a trend's variance between seeds and its degrees of freedom, shrunk as its methods' were (moderated t).

    The prior is the methods' mean ratio of seed to test sampling variance, and worth the degrees of freedom that they
    have beyond their own seeds'.

    Args:
        ratios: the methods' shrunk seed variances over their test sampling variances.
        methods_df: degrees of freedom of the methods' shrunk variances.
    """
    known = ratios[~np.isnan(ratios)]
    prior_df = max(float(np.mean(methods_df)) - residual_df, 0.0)
    if not len(known) or not test_sampling_variance > 0:
        return seed_variance, residual_df
    prior = float(known.mean()) * test_sampling_variance
    df = prior_df + residual_df
    return (prior_df * prior + residual_df * seed_variance) / df, df


def combine_methods(
    contrasts: Contrasts,
    estimate: Estimate,
    grouping: Grouping,
    *,
    methods: Sequence[str],
    weights: Float[np.ndarray, " M"],
    group: str,
) -> tuple[JointSample, Estimate]:
    """Return a weighted sum of methods' differences on a group, with its estimate of shape (1,).

    Args:
        contrasts: of three seeds or more, with the influences of the test images.
        estimate: of the contrasts' differences.
        methods: among those of the contrasts.
        weights: of each of them.
        group: one of `question.ASKED_GROUPS`.
    """
    column = grouping.column(group)
    places = np.array([contrasts.methods.index(method) for method in methods])
    sample = contrasts.joint_differences(group, places).combine(weights[None])
    components = components_of(sample)
    seeds = components.seeds[0]
    variance, df = shrink_towards_methods(
        float(components.seed_variance[0]),
        float(components.test_sampling_variance[0]),
        residual_df=float(seeds - 1),
        ratios=ratio(
            estimate.standard_error_seeds[places, column] ** 2 * seeds,
            contrasts.differences.test_sampling_variance[places, column],
        ),
        methods_df=estimate.seeds_df[places, column],
    )
    found = combine_parts(components, np.array([variance]), np.array([df]), effect_spread=EFFECT_SPREAD)
    return sample, found


def trend_table(found: Sequence[Trend], test: SingleStep, *, metric: str, margin: float) -> pd.DataFrame:
    """Return a row for each trend, with the columns `COLUMNS`."""
    if not found:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [_row(trend, test, metric, margin) for trend in found]
    return pd.DataFrame(rows)[list(COLUMNS)]


def _few_seeds(contrasts: Contrasts) -> bool:
    return len(contrasts.joint.values) < 3


def _trend(contrasts: Contrasts, estimate: Estimate, grouping: Grouping, family: DoseFamily) -> Trend:
    weights = trend_weights(family.doses)
    sample, combined = combine_methods(
        contrasts, estimate, grouping, methods=family.methods, weights=weights, group=LOW_FREQUENCY
    )
    return Trend(contrasts.encoder, family, sample, combined)


def _row(trend: Trend, test: SingleStep, metric: str, margin: float) -> dict[str, object]:
    p = trend.estimate.p()
    low, high = clip_to_range(trend.estimate.interval())
    wide_low, wide_high = clip_to_range(trend.estimate.interval(level=1 - test.critical_level))
    sign, yes = -1 if lower_is_better(metric) else 1, np.array([True])
    verdict = verdict_words(
        asked=yes,
        tested=yes,
        rejected=p <= test.critical_level,
        better=sign * trend.estimate.mean > 0,
        equal=within_margin(wide_low, wide_high, margin),
        support=np.array([np.inf]),
        detectable=np.array([np.nan]),
    )
    return {
        "encoder": trend.encoder, "name": trend.family.name, "argument": trend.family.argument,
        "methods": list(trend.family.methods), "doses": list(trend.family.doses), "class_name": LOW_FREQUENCY,
        "metric": metric, "difference": float(trend.estimate.mean[0]), "low": float(low[0]), "high": float(high[0]),
        "p": float(p[0]), "p_adjusted": float(test.adjust(p)[0]), "question": PRIMARY, "level": test.level,
        "critical_level": test.critical_level, "simultaneous_low": float(wide_low[0]),
        "simultaneous_high": float(wide_high[0]), "margin": margin, "verdict": verdict[0],
    }  # fmt: skip
