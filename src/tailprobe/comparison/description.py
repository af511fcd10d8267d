"""What was done, in sentences for the report: the questions, the tests, their sources, and what they leave out."""

from collections.abc import Sequence

import pandas as pd
from scipy import stats

from tailprobe.comparison.min_p import SingleStep
from tailprobe.comparison.question import CLASSES, COST, PRIMARY, Question
from tailprobe.comparison.words import LARGE_EFFECT, MIN_POSITIVES_FOR_NULL


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign, a true minus; what rounds to zero has none.

    >>> signed(-0.0461), signed(0.2, 1), signed(-0.0001)
    ('−0.046', '+0.2', '0.000')
    """
    text = f"{value:+.{digits}f}"
    return (text if float(text) else text[1:]).replace("-", "−")


def describe(
    table: pd.DataFrame,
    tests: Sequence[tuple[Question, SingleStep]],
    *,
    title: str,
    has_test_variance: bool,
    min_positives: float,
    min_seeds: int,
) -> tuple[str, ...]:
    """Return the sentences that say how the verdicts came about.

    Args:
        table: of verdicts.
        tests: the questions and their joint tests.
        title: of the metric.
        has_test_variance: whether the sampling of test images was measured.
        min_positives, min_seeds: below which nothing is tested.
    """
    seeds = int(table["seeds"].max())
    lines = [
        f"{title[:1].upper()}{title[1:]}, mean of {seeds} seed{'' if seeds == 1 else 's'}; a seed changes split, "
        "initialisation and row order, in baseline and method alike, and differences are paired by seed."
    ]
    if seeds == 1:
        return (*lines, _ONE_SEED)
    lines += [_BOTH_COMPONENTS, _SHRINKAGE] if has_test_variance else [_NADEAU_BENGIO]
    if seeds < min_seeds:
        few = f"{seeds} seeds leave {seeds - 1} degree of freedom: nothing is tested, and no verdict is given. "
        return (*lines, few + f"Take {min_seeds} or more.")
    lines += [_asked(question, test, table) for question, test in tests if len(question.members)]
    lines += [_single_classes(tests, min_positives), _about_margin(table), _DETECTABLE, _ESTIMAND]
    return tuple(lines)


def _asked(question: Question, test: SingleStep, table: pd.DataFrame) -> str:
    jointly = (
        "jointly, by single-step min-p over the correlation of their differences (Westfall and Young 1993)"
        if test.smallest is not None
        else "by Bonferroni's method"
    )
    n, groups = test.members, " and ".join(table.loc[question.asked, "class_name"].unique())
    about = _ABOUT[question.name].format(groups=groups)
    how = "one comparison was tested" if n == 1 else f"{n} comparisons were tested {jointly}"
    return (
        f"{about} {how} at {100 * question.level:g}%, declared before training: verdicts, simultaneous "
        f"intervals and recommendation use the critical level {test.critical_level:.2g} for each."
    )


_ABOUT = {
    PRIMARY: "The primary question, what the methods do to the {groups} classes:",
    COST: "What they do to the {groups} classes:",
    CLASSES: "Single classes:",
}


def _single_classes(tests: Sequence[tuple[Question, SingleStep]], min_positives: float) -> str:
    if not any(question.name == CLASSES for question, _ in tests):
        return (
            "Single classes and the other groups are estimates with a 95% interval each, not corrected for their "
            "number; they get no verdict."
        )
    return (
        f"A class with fewer than {min_positives:g} positives in the test part is not tested. One with fewer than "
        f"{MIN_POSITIVES_FOR_NULL} is called underpowered when the minimum detectable effect exceeds {LARGE_EFFECT:g}."
    )


def _about_margin(table: pd.DataFrame) -> str:
    """Say what the margin means, and whether the primary question's intervals can be narrow enough to show it."""
    margin = float(table["margin"].iloc[0])
    line = f"Practically equal: the whole simultaneous interval lies within ±{margin:g}."
    rows = table[table["question"].eq(PRIMARY) & table["critical_level"].notna()]
    narrowest = float(((rows["simultaneous_high"] - rows["simultaneous_low"]) / 2).min())
    if not narrowest > margin:
        return line
    line += f" No interval of this study is as narrow: the narrowest of the primary question is ±{narrowest:.3f} wide"
    by_images = stats.norm.isf(rows["critical_level"] / 2) * rows["standard_error_images"]
    return line + (
        ", and more seeds alone could not make it so." if float(by_images.min()) > margin else "; more seeds narrow it."
    )


_ONE_SEED = (
    "With one seed the variance between seeds is unknown: the intervals hold for these very heads on new images, "
    "nothing is tested, and no verdict is given."
)
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
_DETECTABLE = (
    "Inconclusive is not evidence of no effect: the interval says what remains possible. The minimum detectable effect "
    "is the true difference that is detected with 80% power at the critical level."
)
_ESTIMAND = (
    "The estimand is the mean over new collections of this size, splits and seeds. Training parts overlap between "
    "seeds as well; what that adds to the variance cannot be measured within one collection; intervals allow for a "
    "tenth of the effect."
)
