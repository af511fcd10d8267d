"""What was done, in sentences for the report: the tests, the correction, their sources, and what they leave out."""

_CORRECTIONS = {
    "holm": "Holm's method (1979): the probability of any false positive in the whole table is at most {percent}",
    "benjamini-hochberg": "Benjamini and Hochberg's method (1995): the false discovery rate is at most {percent}",
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
    title: str,
    seeds: int,
    tested: int,
    correction: str,
    level: float,
    has_test_variance: bool,
    min_positives: float,
    min_seeds: int,
    min_positives_for_null: int,
    large_effect: float,
) -> tuple[str, ...]:
    """Return the sentences that say how the verdicts came about.

    Args: those of `compare_methods`; `title`, of the metric; and `min_positives_for_null`, the positives below which a
    comparison whose minimum detectable effect exceeds `large_effect` is called underpowered.
    """
    percent = f"{100 * level:g}%"
    lines = [
        f"{title[:1].upper()}{title[1:]}, mean of {seeds} seed{'' if seeds == 1 else 's'}; a seed changes split, "
        "initialisation and row order, in baseline and method alike, and differences are paired by seed."
    ]
    if seeds == 1:
        lines.append(
            "With one seed the variance between seeds is unknown: the intervals hold for these very heads on new "
            "images, nothing is tested, and no verdict is given."
        )
        return tuple(lines)
    lines.append(_BOTH_COMPONENTS if has_test_variance else _NADEAU_BENGIO)
    if has_test_variance:
        lines.append(_SHRINKAGE)
    if seeds < min_seeds:
        lines.append(
            f"{seeds} seeds leave {seeds - 1} degree of freedom: nothing is tested, and no verdict is given. "
            f"Take {min_seeds} or more; ten are the default."
        )
        return tuple(lines)
    lines += [
        f"{tested} comparisons were tested by a two-sided paired t-test and corrected by "
        f"{_CORRECTIONS[correction].format(percent=percent)}.",
        f"A class with fewer than {min_positives:g} positives in the test part is not tested. One with fewer "
        f"than {min_positives_for_null} is called underpowered when the minimum detectable effect exceeds "
        f"{large_effect:g}.",
        "Intervals of single lines are at 95% each; those of the recommendation hold for the effects of all methods, "
        "on low-frequency and remaining classes, at once (Bonferroni).",
        "Inconclusive is not evidence of no effect: the interval says what remains possible. The minimum detectable "
        "effect is the true difference that is detected with 80% power at the strictest step of the correction.",
        "The estimand is the mean over new collections of this size, splits and seeds. Training parts overlap between "
        "seeds as well; what that adds to the variance cannot be measured within one collection.",
    ]
    return tuple(lines)


_BOTH_COMPONENTS = (
    "Two variance components are estimated and added: the variance between seeds over their number, and the covariance "
    "of test parts that share images, from each image's influence on the metric (Nadeau and Bengio 2003; "
    "Cameron, Gelbach and Miller 2011)."
)
_NADEAU_BENGIO = (
    "The sampling variance of the test images was not measured, since their scores were not given; the Nadeau-Bengio "
    "correction (2003) stands in for it, by the share of the images that is tested."
)
_SHRINKAGE = (
    "The variances between seeds are shrunk towards those of the study's other comparisons (empirical Bayes, moderated "
    "t, Smyth 2004)."
)
