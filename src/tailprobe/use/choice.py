"""Choose the encoder and method of a classifier: the study's recommendation, or what the user asks for."""

from dataclasses import dataclass

from tailprobe.comparison.recommendation import Recommendation
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.registry import did_you_mean
from tailprobe.runs.run import Run

BASELINE = "baseline"
_MOVED = "move_threshold"  # has the baseline's heads; a classifier chooses its own thresholds from held-out scores


@dataclass(frozen=True)
class Choice:
    """An encoder and a method of a run, and why they were chosen."""

    encoder: str
    method: str  # the method whose heads are used
    recommended: bool  # whether the study recommends it over the baseline
    verdict: str  # what the study says of it, one or two sentences


def choose(run: Run, *, method: str | None = None, encoder: str | None = None) -> Choice:
    """Return the encoder and method of a classifier: by default those that the study recommends.

    If the study could not distinguish the methods, that is the baseline; the classifier then chooses its thresholds.

    Raises:
        InputError: the run has no such method or encoder.
    """
    advice = run.recommendation
    chosen_encoder = run.encoder if encoder is None else _known(encoder, run.encoders, "encoder")
    if method is not None:
        return _requested(run, chosen_encoder, known_method(method, run.methods), advice)
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


def _requested(run: Run, encoder: str, method: str, advice: Recommendation | None) -> Choice:
    if advice is not None and (encoder, method) == (advice.encoder, advice.method) and method != BASELINE:
        return choose(run)
    said = "The study gives no recommendation." if advice is None else f"The study says: {advice.sentence}"
    name = BASELINE if method == _MOVED else method
    return Choice(encoder, name, False, f"{name} was asked for. {said}")


def known_method(method: str, compared: tuple[str, ...]) -> str:
    """Return a method as the tables of a run name it.

    Raises:
        InputError: it is not among those that are compared.
    """
    return _known(str(parse_methods([method])[-1]), compared, "method")


def _known(name: str, known: tuple[str, ...], what: str) -> str:
    if name not in known:
        near = did_you_mean(name, known) or "."
        raise InputError(f"the run has no {what} {name!r}{near} It has {', '.join(known)}")
    return name
