"""From the verdicts and the one choice of the recommendation to the answer of a study, in words."""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from tailprobe.comparison.conclusion import CANNOT_TELL, NOT_WORTH_IT, TRAINED_TOO_SHORT, USE, Conclusion, Kind
from tailprobe.comparison.description import signed
from tailprobe.comparison.question import PRIMARY
from tailprobe.comparison.recommendation import Candidate, Recommendation
from tailprobe.comparison.settling import settling
from tailprobe.comparison.words import (
    IMPROVES,
    INCONCLUSIVE,
    MIN_POSITIVES,
    MIN_SEEDS,
    PRACTICALLY_EQUAL,
    UNDERPOWERED,
    WORSENS,
)
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.metric import lower_is_better, metric_title


def conclude(
    verdicts: pd.DataFrame,
    recommendation: Recommendation,
    classes: pd.DataFrame,
    *,
    block: int = 1,
    baseline: str = "baseline",
) -> Conclusion:
    """Return the answer of a study under the recommended encoder.

    It is about the method that the recommendation chose, `Recommendation.best`, in its numbers; nothing is chosen here.
    The best bet of an open answer is that method, or the baseline if its difference is not to the better or is
    practically none.

    Args:
        verdicts: with the column `provisional`, see `convergence.mark_provisional`.
        recommendation: as the guards left it.
        classes: class_name, count, low_frequency, for what would settle an open answer.
        block: seeds come in multiples of it, see `splits.plan.seed_block`.
    """
    rows, best = _tested(verdicts, recommendation), recommendation.best
    if rows.empty or best is None:
        return _not_tested(verdicts, recommendation, classes)
    answer, kind = _Answer(recommendation, best, rows, baseline), _kind(rows, verdicts, recommendation, baseline)
    if kind == NOT_WORTH_IT:
        return _not_worth_it(answer)
    if kind == USE:
        return answer.concluded(kind, best.method, f"Use {best.method}{answer.provisional}.", _used(answer))
    named = best.method if best.effect_rare > 0 and answer.row["verdict"] != PRACTICALLY_EQUAL else baseline
    if kind == TRAINED_TOO_SHORT:
        return answer.concluded(kind, named, "Trained too short to tell.", _short(answer, named), settle=_LONGER)
    headline = f"Cannot tell yet. Best bet: {named if named != baseline else 'the baseline'}{answer.provisional}."
    settle = settling(verdicts, classes, best, block)
    return answer.concluded(kind, named, headline, _open(answer, named), settle=settle)


_LONGER: Final = "To settle it: train until the heads have converged, --epochs auto, or give more epochs."


@dataclass(frozen=True, eq=False)
class _Answer:
    """What the sentences of an answer are made of: the method it is about and its numbers, and the tests beside it."""

    of: Recommendation
    best: Candidate
    rows: pd.DataFrame  # of verdicts: the tested methods on the low-frequency classes
    baseline: str

    @property
    def row(self) -> "pd.Series[Any]":
        """The method's row of verdicts."""
        return self.rows[self.rows["method"].astype(str) == self.best.method].iloc[0]

    @property
    def sign(self) -> int:
        """-1 where less is better: candidates are positive where better."""
        return -1 if lower_is_better(self.of.metric) else 1

    @property
    def level(self) -> float:
        """Of the simultaneous intervals."""
        return 1 - float(self.rows["level"].iloc[0])

    @property
    def digits(self) -> int:
        """Decimals of a difference: one more where the margin is below 0.01, as of the Brier score."""
        return 3 if float(self.rows["margin"].iloc[0]) >= 0.01 else 4

    @property
    def named_level(self) -> str:
        """What the interval is called where an answer shows it."""
        return f"{100 * self.level:g}% simultaneous interval"

    @property
    def provisional(self) -> str:
        """What is said beside a method that had not converged, or whose baseline had not."""
        return " (provisional: heads had not converged)" if self.row["provisional"] else ""

    def ends(self, of: Candidate) -> tuple[float, float]:
        """Return the ends of a method's interval, the lower one first."""
        low, high = sorted((self.sign * of.effect_rare_low, self.sign * of.effect_rare_high))
        return low, high

    def interval(self, of: Candidate) -> str:
        """Return it in words."""
        low, high = self.ends(of)
        return f"{signed(low, self.digits)} to {signed(high, self.digits)}"

    def change(self, of: Candidate) -> str:
        """Return a method's difference in words."""
        return signed(self.sign * of.effect_rare, self.digits)

    @property
    def changes(self) -> str:
        """What the method changes; its difference is from the baseline, though its verdict may be from another one."""
        to = str(self.row["compared_with"])
        other = "" if to == self.baseline else f" from the {self.baseline} (its verdict is from {to}, of its link)"
        return f"changes {metric_title(self.of.metric)} by {self.change(self.best)}{other}"

    def concluded(self, kind: Kind, method: str, headline: str, sentence: str, *, settle: str = "") -> Conclusion:
        """Return the answer, with the one interval and the one minimum detectable effect."""
        return Conclusion(
            kind, self.of.encoder, method, self.best.method, self.of.metric, headline, sentence, settle,
            self.sign * self.best.effect_rare, *self.ends(self.best), self.level, self.best.minimum_detectable_effect,
        )  # fmt: skip


def _tested(verdicts: pd.DataFrame, recommendation: Recommendation) -> pd.DataFrame:
    chosen = verdicts["encoder"].astype(str).eq(recommendation.encoder) & verdicts["question"].eq(PRIMARY)
    group = verdicts["class_name"].eq(LOW_FREQUENCY) & verdicts["is_group"].astype(bool)
    return verdicts[chosen & group & verdicts["critical_level"].notna() & verdicts["difference"].notna()]


def _kind(rows: pd.DataFrame, verdicts: pd.DataFrame, recommendation: Recommendation, baseline: str) -> Kind:
    if rows["provisional"].all():
        return TRAINED_TOO_SHORT
    if recommendation.method != baseline:
        return USE
    open_ones = rows["verdict"].isin([INCONCLUSIVE, UNDERPOWERED]).any()
    if open_ones:
        return CANNOT_TELL
    improving = rows[rows["verdict"] == IMPROVES]
    paid = "@" in recommendation.metric or all(_costs_as_much(row, verdicts) for _, row in improving.iterrows())
    return NOT_WORTH_IT if paid else CANNOT_TELL


def _costs_as_much(row: "pd.Series[Any]", verdicts: pd.DataFrame) -> bool:
    """Return whether the remaining classes lose by a method, and no less than the low-frequency classes gain."""
    same = (verdicts["encoder"] == row["encoder"]) & (verdicts["method"] == row["method"])
    cost = verdicts[same & verdicts["class_name"].eq(REMAINING) & verdicts["verdict"].eq(WORSENS)]
    return bool((cost["difference"].abs() >= abs(row["difference"])).any())


def _not_tested(verdicts: pd.DataFrame, of: Recommendation, classes: pd.DataFrame) -> Conclusion:
    """Say why the low-frequency classes were not tested, and what a test needs."""
    headline, nothing = "Cannot tell yet.", [math.nan] * 5
    found = Conclusion(CANNOT_TELL, of.encoder, of.method, "", of.metric, headline, of.sentence, "", *nothing)
    group = verdicts["class_name"].eq(LOW_FREQUENCY) & verdicts["is_group"].astype(bool)
    rows = verdicts[verdicts["encoder"].astype(str).eq(of.encoder) & group]
    if rows.empty:
        return found
    seeds, support = int(rows["seeds"].max()), float(rows["support"].max())
    untested = "The low-frequency classes were not tested"
    if seeds < MIN_SEEDS:
        sentence = f"{untested}: the study has {seeds} seed{'s' * (seeds != 1)}, and a test needs {MIN_SEEDS} or more."
        return replace(found, sentence=sentence, settle="To settle it: --seeds 5 or more.")
    if not 0 < support < MIN_POSITIVES:
        return found
    rare = classes[classes["low_frequency"].astype(bool)]
    images, rarest = int(rare["count"].sum()), rare.nsmallest(1, "count")["class_name"].iloc[0]
    more = math.ceil(images * MIN_POSITIVES / support) - images
    sentence = f"{untested}: a test part has {support:.2g} images of them, and a test needs {MIN_POSITIVES}."
    which = rarest if len(rare) == 1 else f"them, as of {rarest}"
    settle = f"To settle it: label about {more:,} more images of {which}; more seeds will not do."
    return replace(found, sentence=sentence, settle=settle)


def _not_worth_it(answer: _Answer) -> Conclusion:
    rows, of = answer.rows, answer.of
    equal, worse = (int((rows["verdict"] == word).sum()) for word in (PRACTICALLY_EQUAL, WORSENS))
    if equal + worse < len(rows):  # an improvement that is paid for, or is free without a method
        return answer.concluded(NOT_WORTH_IT, answer.baseline, "No method is worth it.", of.sentence)
    widest = f"{signed(rows['simultaneous_low'].min())} to {signed(rows['simultaneous_high'].max())}"
    within = f"by less than {float(rows['margin'].iloc[0]):g} {metric_title(of.metric)}"
    verb = f"{equal} method{'s' * (equal != 1)} differ{'s' * (equal == 1)} from it {within}"
    lose = f"{worse} {'is' if worse == 1 else 'are'} worse"
    differ = " and ".join([verb] * (equal > 0) + [lose] * (worse > 0))
    sentence = (
        f"Keep the baseline: on the low-frequency classes {differ} (all {answer.named_level}s together: {widest})."
    )
    headline = "No method is worth it" + (": they are practically equal." if not worse else ".")
    return answer.concluded(NOT_WORTH_IT, answer.baseline, headline, sentence)


def _used(answer: _Answer) -> str:
    shown = f"({answer.named_level} {answer.interval(answer.best)})"
    return f"On the low-frequency classes it {answer.changes} {shown}; {_others(answer.of)}{_rule(answer, _ELIGIBLE)}"


_ELIGIBLE = "methods that improve them and may not cost the others as much"


def _others(of: Recommendation) -> str:
    if math.isnan(of.effect_remaining):
        return "there are no other classes."
    if math.isnan(of.effect_remaining_low):
        return f"on the others, which were not tested, the change is {signed(of.effect_remaining)}."
    if of.effect_remaining_low <= 0 <= of.effect_remaining_high:
        return f"on the others no change was shown ({signed(of.effect_remaining)})."
    return f"the others change by {signed(of.effect_remaining)}."


def _rule(answer: _Answer, among: str = "methods") -> str:
    """Say by what rule the method is the best of several, and that another one gains more, where one does."""
    best, largest = answer.best, answer.of.largest
    if len(answer.rows) == 1:
        return ""
    end = "highest lower end" if answer.sign > 0 else "lowest upper end"
    rule = f" Of all {among} its interval has the {end}"
    if largest is None or largest.method == best.method:
        return f"{rule}."
    but = "may cost the other classes as much" if largest.effect_rare_low > best.effect_rare_low else "is less certain"
    numbers = f"{answer.change(largest)} ({answer.interval(largest)})"
    return f"{rule}, by which it is chosen; {largest.method} gains more, {numbers}, but {but}."


def _open(answer: _Answer, named: str) -> str:
    best = answer.best
    if answer.row["verdict"] == IMPROVES:
        return (
            f"On the low-frequency classes {best.method} {answer.changes} "
            f"({answer.named_level} {answer.interval(best)}), but it may cost the other classes as much."
        )
    seen = best.minimum_detectable_effect
    missed = "" if math.isnan(seen) else f" A true difference below {seen:.{answer.digits}f} would often be missed."
    ahead = (
        ""
        if named == best.method
        else f"No method is shown to be ahead of the {named}; the best supported is {best.method}. "
    )
    return (
        f"{ahead}On the low-frequency classes {'it' if ahead else best.method} {answer.changes}, and with these images "
        f"it could be anything from {answer.interval(best)} ({answer.named_level}).{missed}{_rule(answer)}"
    )


def _short(answer: _Answer, named: str) -> str:
    best = answer.best
    return (
        "Most heads of the baseline were still improving when training ended, so that whatever takes more steps looks "
        f"better. So far {named} is ahead on the low-frequency classes: {best.method} {answer.changes} "
        f"({answer.named_level} {answer.interval(best)}), provisional."
    )
