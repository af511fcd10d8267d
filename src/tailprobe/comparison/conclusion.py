"""The answer of a study in one typed value: use a method, none is worth it, cannot tell yet, or trained too short.

Everything that states the answer (page, terminal, notebook) states this one, with its one interval and its one minimum
detectable effect.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import pandas as pd

from tailprobe.comparison.description import signed
from tailprobe.comparison.lacking import lacking_table
from tailprobe.comparison.question import PRIMARY
from tailprobe.comparison.recommendation import Recommendation
from tailprobe.comparison.verdict import MIN_POSITIVES, MIN_SEEDS
from tailprobe.comparison.words import IMPROVES, INCONCLUSIVE, PRACTICALLY_EQUAL, UNDERPOWERED, WORSENS
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.metric import lower_is_better, metric_title

Kind = Literal["use", "not worth it", "cannot tell", "trained too short"]
USE: Final = "use"
NOT_WORTH_IT: Final = "not worth it"
CANNOT_TELL: Final = "cannot tell"
TRAINED_TOO_SHORT: Final = "trained too short"


@dataclass(frozen=True)
class Conclusion:
    """The answer on the low-frequency classes under one encoder. Numbers are NaN if nothing was tested."""

    kind: Kind
    encoder: str
    method: str  # to use, or the best bet; the baseline if no method is
    about: str  # the method whose numbers are stated: the best supported one
    metric: str
    headline: str
    sentence: str  # with the interval
    settle: str  # what would settle an open answer; empty if nothing is open
    difference: float
    low: float  # of the simultaneous interval
    high: float
    detectable: float  # minimum detectable effect

    @property
    def text(self) -> str:
        """The answer in one paragraph: headline, sentence and what would settle it."""
        return " ".join(filter(None, (self.headline, self.sentence, self.settle)))


def conclude(
    verdicts: pd.DataFrame, recommendation: Recommendation, classes: pd.DataFrame, *, baseline: str = "baseline"
) -> Conclusion:
    """Return the answer of a study under the recommended encoder.

    The best bet of an open answer is the method of the highest lower end of the simultaneous interval, as for the
    recommendation; the baseline if no method has a difference to the better.

    Args:
        verdicts: with the column `provisional`, see `convergence.mark_provisional`.
        recommendation: as the guards left it.
        classes: class_name, count, low_frequency, for what would settle an open answer.
    """
    rows = _tested(verdicts, recommendation)
    if rows.empty:
        return _not_tested(verdicts, recommendation, classes)
    best, kind = rows.iloc[int(_lower_ends(rows).argmax())], _kind(rows, verdicts, recommendation, baseline)
    if kind == NOT_WORTH_IT:
        return _cost_exceeds_gain(rows, recommendation, best, baseline)
    if recommendation.method != baseline:
        chosen = rows[rows["method"].astype(str) == recommendation.method]
        if chosen.empty:  # recommended on other grounds than a test of its own
            return _nothing_tested(recommendation, kind=USE, headline=f"Use {recommendation.method}.")
        best = chosen.iloc[0]
    if kind == USE:
        return _conclusion(kind, best, recommendation, f"Use {best['method']}.", _used(best, recommendation))
    settle = _settle(verdicts, classes, recommendation.encoder, str(best["method"]))
    named = str(best["method"]) if _sign(best) * best["difference"] > 0 else baseline
    if kind == TRAINED_TOO_SHORT:
        return _conclusion(
            kind, best, recommendation, "Trained too short to tell.", _short(best, named), settle=_LONGER
        )
    headline = f"Cannot tell yet. Best bet: {named if named != baseline else 'the baseline'}."
    return _conclusion(
        kind, best, recommendation, headline, _open(best, recommendation, named), settle=settle, method=named
    )


_LONGER = "To settle it: train until the heads have converged, --epochs auto, or give more epochs."


def _tested(verdicts: pd.DataFrame, recommendation: Recommendation) -> pd.DataFrame:
    chosen = verdicts["encoder"].astype(str).eq(recommendation.encoder) & verdicts["question"].eq(PRIMARY)
    group = verdicts["class_name"].eq(LOW_FREQUENCY) & verdicts["is_group"].astype(bool)
    return verdicts[chosen & group & verdicts["critical_level"].notna() & verdicts["difference"].notna()]


def _sign(row: "pd.Series[Any]") -> int:
    return -1 if lower_is_better(str(row["metric"])) else 1


def _lower_ends(rows: pd.DataFrame) -> "pd.Series[Any]":
    """Return the end of each simultaneous interval that is least good for the method."""
    return rows["simultaneous_low"] if _sign(rows.iloc[0]) > 0 else -rows["simultaneous_high"]


def _kind(rows: pd.DataFrame, verdicts: pd.DataFrame, recommendation: Recommendation, baseline: str) -> Kind:
    if rows["provisional"].all():
        return TRAINED_TOO_SHORT
    if recommendation.method != baseline:
        return USE
    open_ones = rows["verdict"].isin([INCONCLUSIVE, UNDERPOWERED]).any()
    if open_ones:
        return CANNOT_TELL
    improving = rows[rows["verdict"] == IMPROVES]
    paid = "@" in recommendation.metric or all(_costs_at_least_gain(row, verdicts) for _, row in improving.iterrows())
    return NOT_WORTH_IT if paid else CANNOT_TELL


def _costs_at_least_gain(row: "pd.Series[Any]", verdicts: pd.DataFrame) -> bool:
    """Return whether the remaining classes lose by a method, and no less than the low-frequency classes gain."""
    same = (verdicts["encoder"] == row["encoder"]) & (verdicts["method"] == row["method"])
    cost = verdicts[same & verdicts["class_name"].eq(REMAINING) & verdicts["verdict"].eq(WORSENS)]
    return bool((cost["difference"].abs() >= abs(row["difference"])).any())


def _conclusion(
    kind: Kind, row: "pd.Series[Any]", of: Recommendation, headline: str, sentence: str, *, settle: str = "",
    method: str | None = None,
) -> Conclusion:  # fmt: skip
    return Conclusion(
        kind, of.encoder, str(row["method"]) if method is None else method, str(row["method"]), of.metric, headline,
        sentence, settle, float(row["difference"]), float(row["simultaneous_low"]), float(row["simultaneous_high"]),
        float(row["minimum_detectable_effect"]),
    )  # fmt: skip


def _nothing_tested(of: Recommendation, *, kind: Kind = CANNOT_TELL, headline: str = "Cannot tell yet.") -> Conclusion:
    nothing = math.nan
    return Conclusion(
        kind, of.encoder, of.method, "" if kind == CANNOT_TELL else of.method, of.metric, headline, of.sentence, "",
        nothing, nothing, nothing, nothing,
    )  # fmt: skip


def _not_tested(verdicts: pd.DataFrame, of: Recommendation, classes: pd.DataFrame) -> Conclusion:
    """Explain why the low-frequency classes were not tested, and what a test needs."""
    found = _nothing_tested(of)
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
    rarest = classes[classes["low_frequency"].astype(bool)].nsmallest(1, "count").iloc[0]
    more = math.ceil(rarest["count"] * MIN_POSITIVES / support) - int(rarest["count"])
    sentence = f"{untested}: a test part has {support:.2g} images of such a class, and a test needs {MIN_POSITIVES}."
    settle = f"To settle it: label about {more:,} more images of {rarest['class_name']}; more seeds will not do."
    return replace(found, sentence=sentence, settle=settle)


def _cost_exceeds_gain(rows: pd.DataFrame, of: Recommendation, best: "pd.Series[Any]", baseline: str) -> Conclusion:
    equal, worse = (int((rows["verdict"] == word).sum()) for word in (PRACTICALLY_EQUAL, WORSENS))
    if equal + worse < len(rows):  # an improvement that is paid for, or is free without a method
        return _conclusion(NOT_WORTH_IT, best, of, "No method is worth it.", of.sentence, method=baseline)
    widest = f"{signed(rows['simultaneous_low'].min())} to {signed(rows['simultaneous_high'].max())}"
    within = f"differ from it by less than {float(rows['margin'].iloc[0]):g} {metric_title(of.metric)}"
    some = f"all {equal} methods {within}" if not worse else f"{equal} methods {within} and {worse} are worse"
    sentence = f"Keep the baseline: on the low-frequency classes {some} (all intervals together: {widest})."
    headline = "No method is worth it" + (": they are practically equal." if not worse else ".")
    return _conclusion(NOT_WORTH_IT, best, of, headline, sentence, method=baseline)


def _interval(row: "pd.Series[Any]") -> str:
    return f"{signed(row['simultaneous_low'])} to {signed(row['simultaneous_high'])}"


def _used(row: "pd.Series[Any]", of: Recommendation) -> str:
    gain = f"On the low-frequency classes it changes {metric_title(of.metric)} by {signed(row['difference'])}"
    return f"{gain} ({_interval(row)}); {_others(of)}"


def _others(of: Recommendation) -> str:
    if math.isnan(of.effect_remaining):
        return "there are no other classes."
    if of.effect_remaining_low <= 0 <= of.effect_remaining_high:
        return f"on the others no change was shown ({signed(of.effect_remaining)})."
    return f"the others change by {signed(of.effect_remaining)}."


def _open(row: "pd.Series[Any]", of: Recommendation, named: str) -> str:
    if row["verdict"] == IMPROVES:
        return (
            f"On the low-frequency classes {row['method']} changes {metric_title(of.metric)} by "
            f"{signed(row['difference'])} ({_interval(row)}), but it may cost the other classes as much."
        )
    seen = row["minimum_detectable_effect"]
    missed = "" if math.isnan(seen) else f" A true difference below {seen:.3f} would often be missed."
    ahead = (
        ""
        if named == row["method"]
        else f"No method is shown to be ahead of the {named}; the best supported is {row['method']}. "
    )
    return (
        f"{ahead}On the low-frequency classes {'it' if ahead else row['method']} changes {metric_title(of.metric)} by "
        f"{signed(row['difference'])}, and with these images it could be anything from {_interval(row)}.{missed}"
    )


def _short(row: "pd.Series[Any]", named: str) -> str:
    return (
        "Most heads of the baseline were still improving when training ended, so that whatever takes more steps looks "
        f"better. So far {named} is ahead on the low-frequency classes: {row['method']} changes them by "
        f"{signed(row['difference'])} ({_interval(row)}), provisional."
    )


def _settle(verdicts: pd.DataFrame, classes: pd.DataFrame, encoder: str, method: str) -> str:
    table = lacking_table(verdicts[verdicts["encoder"].astype(str) == encoder], classes, most=2)
    rows = table[(table["method"].astype(str) == method) & (table["class_name"] == LOW_FREQUENCY)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    images = str(row["images_to_label"])
    if pd.isna(row["seeds_needed"]):
        return f"To settle it: {images}; more seeds alone will not do."
    return f"To settle it: {int(row['seeds_needed']):,} seeds instead of {int(row['seeds']):,}, or {images}."
