"""Find methods by their names and turn them into plans."""

import inspect
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from tailprobe import methods
from tailprobe.callspec import CallSpec, bind, parse_call, split_calls
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.methods.method import METHOD_SETS, METHODS
from tailprobe.methods.plan import TrainingPlan
from tailprobe.registry import did_you_mean, import_members

import_members(methods)


def parse_methods(texts: Sequence[str]) -> tuple[CallSpec, ...]:
    """Read methods and sets of them, e.g. `["paper"]` or `["baseline", "reweight(2), undersample(200)"]`.

    Returns:
        The methods in the order given, sets unfolded; `baseline` comes first, since all others are compared with it.

    Raises:
        InputError: an unknown method, wrong arguments, or a method named twice.
    """
    specs = [spec for text in texts for part in split_calls(text) for spec in _unfold(part)]
    names = [str(spec) for spec in specs]
    twice = sorted({name for name in names if names.count(name) > 1 and name != "baseline"})
    if twice:
        raise InputError(f"method {twice[0]} is named twice; name each method once")
    others = [spec for spec in specs if spec.name != "baseline"]
    return (CallSpec("baseline"), *others)


def make_plan(
    spec: CallSpec, labels: Labels, low_frequency: Bool[np.ndarray, " C"], *, rng: np.random.Generator
) -> TrainingPlan:
    """Make the plan of one method for the training rows.

    Args:
        spec: the method with its arguments.
        labels: (N, C) labels of the training rows, and of these alone.
        low_frequency: (C,) the rare classes.
        rng: the method's own stream.

    Raises:
        InputError: wrong arguments, or labels of a kind the method cannot work with.
    """
    method = METHODS.get(spec.name)
    return method(labels, low_frequency, rng, **bind(method, spec, given=3))


def describe_method(name: str) -> str:
    """Return the form and the first line of a method's documentation, for help texts."""
    method = METHODS.get(name)
    parameters = list(inspect.signature(method).parameters.values())[3:]
    form = ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default}" for p in parameters)
    return f"{name}({form}): {(inspect.getdoc(method) or '').splitlines()[0]}"


def _unfold(text: str) -> list[CallSpec]:
    if text in METHOD_SETS:
        return [parse_call(member) for member in METHOD_SETS[text]]
    spec = parse_call(text)
    if spec.name not in METHODS.names():
        known = [*METHODS.names(), *METHOD_SETS]
        raise InputError(f"no method is called {spec.name!r}{did_you_mean(spec.name, known)} Known: {', '.join(known)}")
    bind(METHODS.get(spec.name), spec, given=3)
    return [spec]
