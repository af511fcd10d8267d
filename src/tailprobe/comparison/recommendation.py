"""The recommendation: which method the study supports best, and whether it is to be used or the baseline stays.

The choice is made here and nowhere else: what states an answer (page, terminal, classifier) reads this one.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from tailprobe.comparison.conclusion import USE, Conclusion, Kind
from tailprobe.comparison.description import signed
from tailprobe.comparison.words import MIN_SEEDS
from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.scores.metric import metric_title


@dataclass(frozen=True)
class Candidate:
    """A method under one encoder, as the recommendation weighs it; differences are positive where better.

    All differences are from one baseline, so that methods of different links can be chosen among. Intervals are the
    simultaneous ones; NaN where the group was not tested.
    """

    encoder: str
    method: str
    value: float  # on the low-frequency classes
    effect_rare: float  # difference on the low-frequency classes
    effect_rare_low: float
    effect_rare_high: float
    effect_remaining: float  # difference on the remaining classes; NaN if there are none
    effect_remaining_low: float
    effect_remaining_high: float
    probability_of_benefit: float  # that the effect on the low-frequency classes is 0 or more, for all methods at once
    minimum_detectable_effect: float  # there, at the interval's level; NaN if no difference would be detected
    seeds: int
    improves: bool  # the verdict on the low-frequency classes


@dataclass(frozen=True)
class Recommendation:
    """What to use. Differences are positive where better; intervals and probability hold for all methods at once.

    The effects are those of `method`, 0 where that is the baseline.
    """

    encoder: str
    method: str  # or the baseline, as that is named
    metric: str
    effect_rare: float  # on the low-frequency classes
    effect_rare_low: float
    effect_rare_high: float
    effect_remaining: float  # on the remaining classes; negative where they lose
    effect_remaining_low: float
    effect_remaining_high: float
    probability_of_benefit: float  # that the effect on the low-frequency classes is 0 or more
    sentence: str
    statistics: tuple[str, ...]
    best: Candidate | None = None  # the method, else the best supported one; None where none was tested
    largest: Candidate | None = None  # of the largest estimate, beside `best`; it may be far less certain
    conclusion: Conclusion | None = None  # of a run: the answer that its page and the terminal state

    def using(self, candidate: Candidate, *, sentence: str) -> "Recommendation":
        """Return the recommendation to use a candidate."""
        return replace(self, method=candidate.method, best=candidate, sentence=sentence, **_numbers(candidate))

    def concluded(self, conclusion: Conclusion, *, baseline: str = "baseline") -> "Recommendation":
        """Return the recommendation of a run, in the words of its conclusion: a method only where that says to use it.

        A method that seems to win while heads had not converged is not one.
        """
        effects: dict[str, Any] = {} if conclusion.kind == USE else no_effects()
        method = conclusion.method if conclusion.kind == USE else baseline
        return replace(self, method=method, sentence=conclusion.text, conclusion=conclusion, **effects)


def best_supported(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate whose effect has the highest lower end; None where none was tested.

    Whatever the truth within the intervals, its regret is least: a larger gain that is less certain may be no gain.
    """
    tested = [c for c in candidates if not math.isnan(c.effect_rare_low)]
    return max(tested, key=lambda c: c.effect_rare_low, default=None)


def no_effects() -> dict[str, Any]:
    """Return the effects of the baseline on itself, as a recommendation has them."""
    return {**dict.fromkeys(_NUMBERS, 0.0), "probability_of_benefit": 1.0}


def recommend(
    candidates: Sequence[Candidate],
    *,
    metric: str,
    baseline: str,
    baseline_values: dict[str, float],
    statistics: Sequence[str],
) -> Recommendation:
    """Choose, for each encoder, the method of minimax regret, then the encoder.

    A method is eligible when it improves the low-frequency classes significantly and the largest loss that the interval
    allows on the remaining ones, if there are any, is no more than the gain. Of those the best supported one is taken,
    see `best_supported`. Where none is eligible the baseline stays. Of several encoders the one whose choice reaches
    the highest value on the low-frequency classes is named; encoders are not tested against each other.

    Args:
        candidates: every method but the baseline, under every encoder.
        baseline_values: the baseline's value on the low-frequency classes, by encoder.
    """
    reached: list[tuple[float, str, Candidate | None]] = []
    for encoder, baseline_value in baseline_values.items():
        eligible = [c for c in candidates if c.encoder == encoder and _is_eligible(c)]
        chosen = best_supported(eligible)
        reached.append((baseline_value if chosen is None else chosen.value, encoder, chosen))
    _, encoder, chosen = max(reached, key=lambda entry: -math.inf if math.isnan(entry[0]) else entry[0])
    others = [c for c in candidates if c.encoder == encoder]
    if chosen is None:
        best, method, numbers = best_supported(others), baseline, no_effects()
        sentence = _keep_baseline(others, best, metric)
    else:
        best, method, sentence = chosen, chosen.method, _use(chosen, metric)
        numbers = _numbers(chosen)
    return Recommendation(
        encoder, method, metric, **numbers, sentence=sentence, statistics=tuple(statistics), best=best,
        largest=_largest(others),
    )  # fmt: skip


def _largest(candidates: Sequence[Candidate]) -> Candidate | None:
    tested = [c for c in candidates if not math.isnan(c.effect_rare_low)]
    return max(tested, key=lambda c: c.effect_rare, default=None)


_NUMBERS = (
    "effect_rare", "effect_rare_low", "effect_rare_high", "effect_remaining", "effect_remaining_low",
    "effect_remaining_high", "probability_of_benefit",
)  # fmt: skip


def _numbers(candidate: Candidate) -> dict[str, Any]:
    return {name: getattr(candidate, name) for name in _NUMBERS}


def write_recommendation(recommendation: Recommendation, path: Path) -> None:
    """Write a recommendation as JSON; the file appears whole or not at all. NaN is written as null."""
    content = without_nan(asdict(recommendation))
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def without_nan(content: dict[str, Any]) -> dict[str, Any]:
    """Return what JSON can hold: None in the place of NaN, which one seed leaves where it has no interval."""
    return {name: without_nan(value) if isinstance(value, dict) else _known(value) for name, value in content.items()}


def _known(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


def read_recommendation(path: Path) -> Recommendation:
    """Read what `write_recommendation` wrote.

    Raises:
        InputError: the file is missing, damaged or another one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["statistics"] = tuple(str(line) for line in content["statistics"])
        content["best"] = _read_part(Candidate, content["best"])
        content["largest"] = _read_part(Candidate, content["largest"])
        content["conclusion"] = _read_part(Conclusion, content["conclusion"])
        return _typed(Recommendation, content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a recommendation that can be read ({error}); compare the study again") from error


_Part = TypeVar("_Part", Candidate, Conclusion, Recommendation)


def _read_part(kind: type[_Part], content: dict[str, Any] | None) -> _Part | None:
    return None if content is None else _typed(kind, content)


def _typed(kind: type[_Part], content: dict[str, Any]) -> _Part:
    """Return a value of what its JSON says; raises ValueError, KeyError or TypeError where that does not fit."""
    text = {field.name for field in fields(kind) if field.type in (str, "str", Kind)}
    numbers = {field.name for field in fields(kind) if field.type in (float, "float")}
    read: dict[str, Any] = dict(content)
    for name in numbers:
        read[name] = math.nan if read[name] is None else float(read[name])
    for name in text:
        read[name] = str(read[name])
    return kind(**read)


def _is_eligible(candidate: Candidate) -> bool:
    # Written so that an unknown effect on the remaining classes, NaN, is no obstacle.
    return candidate.improves and not -candidate.effect_remaining_low > candidate.effect_rare


def _use(chosen: Candidate, metric: str) -> str:
    return (
        f"Use {chosen.method}: on the low-frequency classes it improves {metric_title(metric)} by "
        f"{_rare_effect(chosen)}; {_on_the_remaining(chosen)}. "
        f"The probability of a benefit there is {_format_probability(chosen.probability_of_benefit)}."
    )


def _on_the_remaining(chosen: Candidate) -> str:
    """Describe what is known about the cost; an interval that contains 0 does not show that there is none."""
    if math.isnan(chosen.effect_remaining):
        return "there are no remaining classes"
    if chosen.effect_remaining_low <= 0 <= chosen.effect_remaining_high:
        return f"on the remaining classes the change is not significant, {_remaining_effect(chosen)}"
    return f"on the remaining classes the change is {_remaining_effect(chosen)}"


def _keep_baseline(candidates: Sequence[Candidate], best: Candidate | None, metric: str) -> str:
    if best is None:
        seeds = max((c.seeds for c in candidates), default=MIN_SEEDS)
        few = f"{'one seed' if seeds == 1 else 'two seeds'} cannot separate an effect from seed noise"
        return f"Keep the baseline: {few if seeds < MIN_SEEDS else 'no method was tested'}."
    if best.improves:
        return (
            f"Keep the baseline: {best.method} improves {metric_title(metric)} on the low-frequency classes by "
            f"{signed(best.effect_rare)}, but may lower the remaining classes by as much "
            f"({_interval(best.effect_remaining_low, best.effect_remaining_high)})."
        )
    return (
        "Keep the baseline: no method improves the low-frequency classes significantly. Best supported: "
        f"{best.method}, {_rare_effect(best)} {metric_title(metric)}; {_power(best)}."
    )


def _power(best: Candidate) -> str:
    if math.isnan(best.minimum_detectable_effect):
        return "the minimum detectable effect exceeds 1"
    return f"the minimum detectable effect is {best.minimum_detectable_effect:.3f} at 80% power"


def _rare_effect(candidate: Candidate) -> str:
    interval = _interval(candidate.effect_rare_low, candidate.effect_rare_high)
    return f"{signed(candidate.effect_rare)} (simultaneous interval {interval})"


def _remaining_effect(candidate: Candidate) -> str:
    interval = _interval(candidate.effect_remaining_low, candidate.effect_remaining_high)
    return f"{signed(candidate.effect_remaining)} (simultaneous interval {interval})"


def _interval(low: float, high: float) -> str:
    return f"{signed(low)} to {signed(high)}"


def _format_probability(probability: float) -> str:
    return "more than 99.9%" if probability > 0.999 else f"{100 * probability:.1f}%"
