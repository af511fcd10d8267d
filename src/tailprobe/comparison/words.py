"""What was done, in sentences for the report: the tests, the correction, their sources, and what they leave out."""

_CORRECTIONS = {
    "holm": "Holm's method (1979): the chance of any false verdict in the whole table is at most {percent}",
    "benjamini-hochberg": "Benjamini and Hochberg's method (1995): of the verdicts about {percent} may be false",
}


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign, a true minus; what rounds to zero has none.

    >>> signed(-0.0461), signed(0.2, 1), signed(-0.0001)
    ('−0.046', '+0.2', '0.000')
    """
    text = f"{value:+.{digits}f}"
    return (text if float(text) else text[1:]).replace("-", "−")


def describe(
    *,
    metric: str,
    seeds: int,
    tested: int,
    correction: str,
    level: float,
    by_images: bool,
    least_positives: float,
    least_seeds: int,
    scarce: int,
    large: float,
) -> tuple[str, ...]:
    """Return the sentences that say how the verdicts came about.

    Args: those of `verdicts`, and `scarce`, the positives below which a comparison that would not have found a
    difference of `large` has too few of them to tell.
    """
    percent = f"{100 * level:g}%"
    lines = [
        f"{metric.replace('_', ' ')}, mean of {seeds} seed{'' if seeds == 1 else 's'}; a seed changes split, "
        "initialisation and row order, in baseline and method alike, and differences are taken pair by pair."
    ]
    if seeds == 1:
        lines.append(
            "With one seed the spread of the seeds is unknown: the intervals hold for these very heads on new images, "
            "nothing is tested, and no method is said to help or hurt."
        )
        return tuple(lines)
    lines.append(_BOTH if by_images else _SHARE)
    if by_images:
        lines.append(_STEADIED)
    if seeds < least_seeds:
        lines.append(
            f"With {seeds} seeds their spread is hardly known: nothing is tested, and no method is said to help or "
            f"hurt. Take {least_seeds} or more; ten are the default."
        )
        return tuple(lines)
    lines += [
        f"{tested} comparisons were tested by a two-sided paired t-test and corrected by "
        f"{_CORRECTIONS[correction].format(percent=percent)}.",
        f"A class with fewer than {least_positives:g} positives in the test part is not tested. One with fewer "
        f"than {scarce} has too few positives to tell where a difference of {large:g} would have escaped this study.",
        "Intervals of single lines are at 95% each; those of the recommendation hold for the gains and costs of all "
        "methods at once (Bonferroni).",
        "No evidence is not evidence of no effect: the interval says what is still possible. The smallest difference "
        "that would have been found is found with a chance of 80%, at the strictest step of the correction.",
        "The truth meant is the mean over new collections of this size, splits and seeds. Training parts overlap "
        "between seeds as well; what that adds to the spread cannot be measured within one collection.",
    ]
    return tuple(lines)


_BOTH = (
    "Two sources of spread are measured and added: the seeds' variance over their number, and the covariance of "
    "test parts that share images, from each image's influence on the metric (Nadeau and Bengio 2003; "
    "Cameron, Gelbach and Miller 2011)."
)
_SHARE = (
    "The images' spread was not measured, since their scores were not given; the Nadeau-Bengio correction (2003) "
    "stands in for it, by the share of the images that is tested."
)
_STEADIED = (
    "The seeds' variances are steadied by those of the study's other comparisons (moderated t, Smyth 2004), by as "
    "much as these prove alike."
)
