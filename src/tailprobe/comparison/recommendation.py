"""The method of least regret: which remedy to use here, in numbers and in words. "No remedy" is a possible answer."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tailprobe.comparison.words import signed
from tailprobe.errors import InputError
from tailprobe.files import write_text


@dataclass(frozen=True)
class Candidate:
    """A method under one encoder, as the recommendation weighs it; differences are positive where better."""

    encoder: str
    method: str
    value: float  # on the low-frequency classes
    gain: float  # difference on the low-frequency classes
    gain_low: float
    gain_high: float
    cost: float  # difference on the remaining classes; NaN where there are none
    cost_low: float
    cost_high: float
    certainty: float  # that the gain is 0 or more, for all methods at once
    detectable: float  # smallest difference there that would have been found; NaN where none would
    seeds: int
    helps: bool  # the verdict on the low-frequency classes


@dataclass(frozen=True)
class Recommendation:
    """What to use. Differences are positive where better; intervals and certainty hold for all methods at once."""

    encoder: str
    method: str  # "baseline", or as that was named: no remedy
    metric: str
    gain: float  # on the low-frequency classes
    gain_low: float
    gain_high: float
    cost: float  # on the remaining classes; negative where they lose
    cost_low: float
    cost_high: float
    certainty: float  # of being at least as good as the baseline on the low-frequency classes
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
    """Choose, for each encoder, the method whose regret is least in the worst case, then the encoder.

    A method is in question when it is shown to help the low-frequency classes and even the most that it may cost the
    remaining ones, if there are any, is no more than what it gains. Of those the one with the highest lower end of its
    gain is taken: whatever the truth within the intervals, it forgoes the least. Where none is in question the baseline
    stays, since an unproven remedy can only be regretted. Of several encoders the one whose choice reaches the highest
    value on the low-frequency classes is named; encoders are not tested against each other.

    Args:
        candidates: every method but the baseline, under every encoder.
        baseline_values: the baseline's value on the low-frequency classes, by encoder.
    """
    best: list[tuple[float, str, Candidate | None]] = []
    for encoder, plain in baseline_values.items():
        mine = [c for c in candidates if c.encoder == encoder and c.helps and not -c.cost_low > c.gain]
        chosen = max(mine, key=lambda c: c.gain_low, default=None)
        best.append((plain if chosen is None else chosen.value, encoder, chosen))
    _, encoder, chosen = max(best, key=lambda entry: -math.inf if math.isnan(entry[0]) else entry[0])
    if chosen is None:
        sentence = _no_remedy([c for c in candidates if c.encoder == encoder], metric)
        return Recommendation(encoder, baseline, metric, 0, 0, 0, 0, 0, 0, 1, sentence, tuple(statistics))
    numbers = (chosen.gain, chosen.gain_low, chosen.gain_high, chosen.cost, chosen.cost_low, chosen.cost_high)
    return Recommendation(
        encoder, chosen.method, metric, *numbers, chosen.certainty, _use(chosen, metric), tuple(statistics)
    )


_NUMBERS = ("gain", "gain_low", "gain_high", "cost", "cost_low", "cost_high", "certainty")


def write_recommendation(recommendation: Recommendation, path: Path) -> None:
    """Write a recommendation as JSON; the file appears whole or not at all. NaN is written as null."""
    plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(recommendation).items()}
    write_text(path, json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False))


def read_recommendation(path: Path) -> Recommendation:
    """Read what `write_recommendation` wrote.

    Raises:
        InputError: the file is missing, damaged or another one.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        found["statistics"] = tuple(str(line) for line in found["statistics"])
        for name in _NUMBERS:
            found[name] = math.nan if found[name] is None else float(found[name])
        for name in ("encoder", "method", "metric", "sentence"):
            found[name] = str(found[name])
        return Recommendation(**found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a recommendation that can be read ({error}); compare the study again") from error


def _use(chosen: Candidate, metric: str) -> str:
    return (
        f"Use {chosen.method}: on the low-frequency classes it gains {signed(chosen.gain)} {_plain(metric)} "
        f"({signed(chosen.gain_low)} to {signed(chosen.gain_high)}); {_on_the_others(chosen)}. "
        f"That it is at least as good as no remedy on the low-frequency classes is {_sure(chosen.certainty)} certain."
    )


def _on_the_others(chosen: Candidate) -> str:
    """Say what is known of the cost; an interval that holds 0 does not show that there is none."""
    if math.isnan(chosen.cost):
        return "there are no others to lose"
    numbers = f"{signed(chosen.cost)} ({signed(chosen.cost_low)} to {signed(chosen.cost_high)})"
    if chosen.cost_low <= 0 <= chosen.cost_high:
        return f"on the others it is not shown to change anything, {numbers}"
    return f"on the others it {'costs' if chosen.cost < 0 else 'gains too'}, {numbers}"


def _no_remedy(candidates: Sequence[Candidate], metric: str) -> str:
    known = [c for c in candidates if not math.isnan(c.gain)]
    if not known:
        return "Use no remedy: none could be compared on the low-frequency classes."
    proven = [c for c in known if c.helps]
    if proven:
        first = max(proven, key=lambda c: c.gain_low)
        return (
            f"Use no remedy: {first.method} gains {signed(first.gain)} {_plain(metric)} on the low-frequency classes, "
            f"but may cost the others as much ({signed(first.cost_low)} to {signed(first.cost_high)})."
        )
    nearest = max(known, key=lambda c: c.gain)
    return (
        f"Use no remedy: none is shown to help the low-frequency classes. The nearest, {nearest.method}, changes "
        f"{_plain(metric)} there by {signed(nearest.gain)} "
        f"({signed(nearest.gain_low)} to {signed(nearest.gain_high)}); "
        f"{_found(nearest)}."
    )


def _found(nearest: Candidate) -> str:
    if nearest.seeds <= 2:
        return f"{'one seed' if nearest.seeds == 1 else 'two seeds'} cannot tell a remedy from a change of seed"
    if math.isnan(nearest.detectable):
        return "no difference, however large, was sure to be found"
    return f"a true difference of {nearest.detectable:.3f} would have been found with a chance of 80%"


def _sure(certainty: float) -> str:
    return "more than 99.9%" if certainty > 0.999 else f"{100 * certainty:.1f}%"


def _plain(metric: str) -> str:
    name, _, rule = metric.partition("@")
    return name.replace("_", " ") + (f" (threshold {rule})" if rule else "")
