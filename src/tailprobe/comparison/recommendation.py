"""The recommendation: the method of minimax regret, in numbers and in words. The baseline is a possible answer."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tailprobe.comparison.description import signed
from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.scores.metric import metric_title


@dataclass(frozen=True)
class Candidate:
    """A method under one encoder, as the recommendation weighs it; differences are positive where better."""

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
    minimum_detectable_effect: float  # there; NaN if no difference would be detected
    seeds: int
    improves: bool  # the verdict on the low-frequency classes


@dataclass(frozen=True)
class Recommendation:
    """What to use. Differences are positive where better; intervals and probability hold for all methods at once."""

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
    allows on the remaining ones, if there are any, is no more than the gain. Of those the one with the highest lower
    end of its effect is taken: whatever the truth within the intervals, its regret is least. Where none is eligible the
    baseline stays. Of several encoders the one whose choice reaches the highest value on the low-frequency classes is
    named; encoders are not tested against each other.

    Args:
        candidates: every method but the baseline, under every encoder.
        baseline_values: the baseline's value on the low-frequency classes, by encoder.
    """
    best: list[tuple[float, str, Candidate | None]] = []
    for encoder, baseline_value in baseline_values.items():
        eligible = [c for c in candidates if c.encoder == encoder and _is_eligible(c)]
        chosen = max(eligible, key=lambda c: c.effect_rare_low, default=None)
        best.append((baseline_value if chosen is None else chosen.value, encoder, chosen))
    _, encoder, chosen = max(best, key=lambda entry: -math.inf if math.isnan(entry[0]) else entry[0])
    if chosen is None:
        sentence = _keep_baseline([c for c in candidates if c.encoder == encoder], metric)
        return Recommendation(encoder, baseline, metric, 0, 0, 0, 0, 0, 0, 1, sentence, tuple(statistics))
    numbers = {name: getattr(chosen, name) for name in _NUMBERS}
    return Recommendation(
        encoder, chosen.method, metric, **numbers, sentence=_use(chosen, metric), statistics=tuple(statistics)
    )


_NUMBERS = (
    "effect_rare", "effect_rare_low", "effect_rare_high", "effect_remaining", "effect_remaining_low",
    "effect_remaining_high", "probability_of_benefit",
)  # fmt: skip


def write_recommendation(recommendation: Recommendation, path: Path) -> None:
    """Write a recommendation as JSON; the file appears whole or not at all. NaN is written as null."""
    content = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(recommendation).items()}
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def read_recommendation(path: Path) -> Recommendation:
    """Read what `write_recommendation` wrote.

    Raises:
        InputError: the file is missing, damaged or another one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["statistics"] = tuple(str(line) for line in content["statistics"])
        for name in _NUMBERS:
            content[name] = math.nan if content[name] is None else float(content[name])
        for name in ("encoder", "method", "metric", "sentence"):
            content[name] = str(content[name])
        return Recommendation(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a recommendation that can be read ({error}); compare the study again") from error


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


def _keep_baseline(candidates: Sequence[Candidate], metric: str) -> str:
    known = [c for c in candidates if not math.isnan(c.effect_rare)]
    if not known:
        return "Keep the baseline: no method could be compared on the low-frequency classes."
    improving = [c for c in known if c.improves]
    if improving:
        first = max(improving, key=lambda c: c.effect_rare_low)
        return (
            f"Keep the baseline: {first.method} improves {metric_title(metric)} on the low-frequency classes by "
            f"{signed(first.effect_rare)}, but may lower the remaining classes by as much "
            f"({_interval(first.effect_remaining_low, first.effect_remaining_high)})."
        )
    best = max(known, key=lambda c: -math.inf if math.isnan(c.effect_rare_low) else c.effect_rare_low)
    return (
        "Keep the baseline: no method improves the low-frequency classes significantly. Best supported: "
        f"{best.method}, {_rare_effect(best)} {metric_title(metric)}; {_power(best)}."
    )


def _power(best: Candidate) -> str:
    if best.seeds <= 2:
        seeds = "one seed" if best.seeds == 1 else "two seeds"
        return f"{seeds} cannot separate an effect from seed noise"
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
