"""Which encoder and method a classifier is made of: what the study recommends, or what the user asks for."""

from dataclasses import dataclass

from tailprobe.comparison.recommendation import Recommendation
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.registry import did_you_mean
from tailprobe.runs.run import Run

BASELINE = "baseline"
_MOVED = "move_threshold"  # the baseline's heads; thresholds are chosen anew from held-out scores


@dataclass(frozen=True)
class Choice:
    """An encoder and a method of a run, and why."""

    encoder: str
    method: str  # whose heads are taken
    recommended: bool  # whether the study found it better than the baseline
    verdict: str  # what the study says of it, for people


def choose(run: Run, *, method: str | None = None, encoder: str | None = None) -> Choice:
    """Return what a classifier is made of: by default the recommendation of the study.

    Where the study could not tell the methods apart, that is the baseline, whose thresholds the classifier moves.

    Raises:
        InputError: the run has no such method or encoder.

    """
    advice = run.recommendation
    chosen_encoder = run.encoder if encoder is None else _known(encoder, run.encoders, "encoder")
    if method is not None:
        return _asked_for(run, chosen_encoder, _known(_canonical(method), run.methods, "method"), advice)
    if advice is None:
        return _baseline(chosen_encoder, "The study compared no methods.")
    if chosen_encoder != advice.encoder:
        return _baseline(chosen_encoder, f"The study recommends another encoder, {advice.encoder}.")
    if advice.method in (BASELINE, _MOVED):
        return _baseline(chosen_encoder, advice.sentence)
    return Choice(chosen_encoder, advice.method, True, advice.sentence)


def _baseline(encoder: str, reason: str) -> Choice:
    moved = "This model is the baseline with its thresholds moved."
    return Choice(encoder, BASELINE, False, f"{reason} {moved}")


def _asked_for(run: Run, encoder: str, method: str, advice: Recommendation | None) -> Choice:
    if advice is not None and (encoder, method) == (advice.encoder, advice.method) and method != BASELINE:
        return choose(run)
    said = "The study gives no recommendation." if advice is None else f"The study says: {advice.sentence}"
    name = BASELINE if method == _MOVED else method
    return Choice(encoder, name, False, f"{name} was asked for. {said}")


def _canonical(method: str) -> str:
    return str(parse_methods([method])[-1])


def _known(name: str, known: tuple[str, ...], what: str) -> str:
    if name not in known:
        near = did_you_mean(name, known) or "."
        raise InputError(f"the run has no {what} {name!r}{near} It has {', '.join(known)}")
    return name
