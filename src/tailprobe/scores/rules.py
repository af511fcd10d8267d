"""Threshold rules by name, as in settings and in the metrics of tables: `0.5`, `tuned`, `cost(10)`.

0.5              the same threshold for every class; any number from 0 to below 1
tuned            each class's best F2 (`tuned(1)`: F1) on the validation part
global           one threshold for all classes, the best mean F2 there (`global(1)`: F1)
cost(10)         the lowest cost there, where a missed positive costs as much as 10 false alarms
precision(0.9)   the highest recall there at a precision of 0.9 or more

A rule of another module is registered in `RULES`, as `authors` is by `paper.thresholds`.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.callspec import bind, parse_call, parse_value
from tailprobe.errors import InputError
from tailprobe.registry import Registry, did_you_mean
from tailprobe.scores.decisions import f_beta, precision, relative_cost_saving
from tailprobe.scores.metric import Sample
from tailprobe.scores.thresholds import Rule, fixed, tune_f_beta
from tailprobe.scores.tuning import Utility, gain, tune_cost, tune_global_f_beta, tune_precision

_LARGEST = 1e6  # its square is still far from where float64 ends


@dataclass(frozen=True)
class NamedRule:
    """A threshold rule, and the utility of decisions, by class, by which its optimism is measured.

    The utility is the F that it maximises, for `cost` the share of the cost saved, for `precision` the precision; None
    if nothing is tuned. Where labels are unknown, `rule` is called for each class with the images whose label is
    known; a rule for all classes together has `of_all_classes`, which takes `known` as a third array.
    """

    rule: Rule
    utility: Utility | None = None
    of_all_classes: Callable[..., Float[np.ndarray, " C"]] | None = None


RULES: Registry[Callable[..., NamedRule]] = Registry("threshold rule", plugins=("tailprobe.paper.thresholds",))


@RULES.register("tuned")
def _tuned(beta: float = 2.0) -> NamedRule:
    return NamedRule(partial(tune_f_beta, beta=beta), partial(f_beta, beta=beta))


@RULES.register("global")
def _global(beta: float = 2.0) -> NamedRule:
    rule = partial(tune_global_f_beta, beta=beta)
    return NamedRule(rule, partial(f_beta, beta=beta), of_all_classes=rule)


@RULES.register("cost")
def _cost(missed: float, false_alarm: float = 1.0) -> NamedRule:
    return NamedRule(
        partial(tune_cost, missed=missed, false_alarm=false_alarm),
        partial(relative_cost_saving, missed=missed, false_alarm=false_alarm),
    )


@RULES.register("precision")
def _precision(wanted: float) -> NamedRule:
    return NamedRule(partial(tune_precision, wanted=wanted), precision)


def parse_rule(name: str) -> NamedRule:
    """Return the rule with a name.

    Raises:
        InputError: there is no such rule, or an argument is out of range.

    >>> parse_rule("0.2").utility is None
    True
    """
    number = parse_value(name)
    if not isinstance(number, str):
        if not 0 <= number < 1:
            raise InputError(f"threshold {name}: expected a probability from 0 to below 1")
        return NamedRule(partial(fixed, at=float(number)))
    spec = parse_call(name)
    if spec.name not in RULES.names():
        near = did_you_mean(spec.name, RULES.names())
        raise InputError(f"threshold {name!r} is not known{near or ';'} expected a number or one of {_known()}")
    rule = RULES.get(spec.name)
    values = bind(rule, spec, given=0)
    _check(name, values)
    return rule(**values)


def is_tuned(name: str) -> bool:
    """Say whether a rule looks for its thresholds on the validation part, and is no number.

    >>> is_tuned("0.5"), is_tuned("tuned")
    (False, True)
    """
    parse_rule(name)
    return isinstance(parse_value(name), str)


def tune_thresholds(
    names: Iterable[str],
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    known: Bool[np.ndarray, "N C"] | None = None,
) -> dict[str, Float[np.ndarray, " C"]]:
    """Return the thresholds of several rules by name, (C,) float64 each; see `find_thresholds`."""
    return {name: find_thresholds(name, labels, scores, known) for name in names}


def find_thresholds(
    name: str,
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    known: Bool[np.ndarray, "N C"] | None = None,
) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, the thresholds of a rule, tuned on the validation part.

    Args:
        name: of the rule, e.g. `tuned`.
        labels, scores: (N, C), the validation part; scores are probabilities.
        known: (N, C), which labels are known; a class without any has the threshold NaN. None: all.

    Raises:
        InputError: there is no such rule, or as the rule.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> find_thresholds("tuned", labels, np.array([[0.8], [0.6], [0.4], [0.2]])).round(3)
    array([0.3])
    """
    named = parse_rule(name)
    if known is None:
        return named.rule(labels, scores)
    if named.of_all_classes is not None:
        return named.of_all_classes(labels, scores, known)
    parts = Sample(labels, scores, known=known).by_class
    return np.array([named.rule(one.labels, one.scores)[0] if len(rows) else np.nan for rows, one in parts])


def optimism_of(name: str, *, validation: Sample, test: Sample) -> Float[np.ndarray, " C"] | None:
    """Return (C,) float64, the optimism of a rule, see `tuning.optimism`; None if nothing is tuned.

    Each class is taken over the images whose label is known.
    """
    named = parse_rule(name)
    if named.utility is None:
        return None
    honest, tuned = (find_thresholds(name, part.labels, part.scores, part.known) for part in (validation, test))
    if test.known is None:
        return gain(test.labels, test.scores, honest=honest, tuned=tuned, utility=named.utility)
    gains = [
        gain(one.labels, one.scores, honest=honest[c : c + 1], tuned=tuned[c : c + 1], utility=named.utility)
        for c, (_, one) in enumerate(test.by_class)
    ]
    return np.concatenate(gains)


def _check(name: str, values: Mapping[str, float]) -> None:
    for key, value in values.items():
        if not 0 <= value <= _LARGEST or (value == 0 and key != "false_alarm"):
            raise InputError(f"threshold {name!r}: {key} is {value:g}, expected a number above 0, up to {_LARGEST:g}")
        if key == "wanted" and value > 1:
            raise InputError(f"threshold {name!r}: {key} is {value:g}, expected a precision up to 1")


def _known() -> str:
    return ", ".join(_form(name) for name in RULES.names())


def _form(name: str) -> str:
    """Return a rule with its required arguments, e.g. `cost(MISSED)`."""
    parameters = inspect.signature(RULES.get(name)).parameters.values()
    required = [parameter.name.upper() for parameter in parameters if parameter.default is parameter.empty]
    return f"{name}({', '.join(required)})" if required else name
