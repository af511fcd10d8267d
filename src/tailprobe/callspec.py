"""The syntax of names with arguments: `baseline`, `reweight(2)`, `undersample(200, strategy=per-class)`."""

import inspect
import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, get_type_hints

from tailprobe.binding import coerce
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

Value = int | float | str
_FORM = re.compile(r"\s*([A-Za-z][\w.:/-]*)\s*(?:\((.*)\))?\s*", re.DOTALL)


@dataclass(frozen=True)
class CallSpec:
    """A name with its arguments, e.g. `oversample(30000, strategy=per-class)`.

    Its text is canonical: equal calls have equal texts.

    >>> str(parse_call("reweight( 2.0 , scope=column )"))
    'reweight(2, scope=column)'
    """

    name: str
    arguments: tuple[Value, ...] = ()
    options: tuple[tuple[str, Value], ...] = ()  # sorted by key

    def __str__(self) -> str:
        inside = [show_value(a) for a in self.arguments] + [f"{key}={show_value(value)}" for key, value in self.options]
        return f"{self.name}({', '.join(inside)})" if inside else self.name


def parse_call(text: str) -> CallSpec:
    """Parse `name`, `name(2)` or `name(2, key=value)`; a value with a comma is written in double quotes.

    Raises:
        InputError: the text has another form.

    >>> parse_call("oversample(largest, strategy=joint)").options
    (('strategy', 'joint'),)
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text!r} is not of the form name, name(2) or name(2, key=value), nor module:name for one of your own"
        )
    name, inside = match.groups()
    arguments: list[Value] = []
    options: dict[str, Value] = {}
    for part in split_at(inside or "", ","):
        key, equals, value = part.partition("=")
        if equals and key.strip().isidentifier():
            options[key.strip()] = parse_value(value)
        elif options:
            raise InputError(f"{text!r}: {part.strip()!r} without a key comes after an argument with one")
        else:
            arguments.append(parse_value(part))
    return CallSpec(name, tuple(arguments), tuple(sorted(options.items())))


def split_calls(text: str) -> list[str]:
    """Split `baseline, reweight(2, scope=column)` at the commas outside brackets and double quotes.

    >>> split_calls("baseline, reweight(2, scope=column), undersample(200, strategy=per-class)")
    ['baseline', 'reweight(2, scope=column)', 'undersample(200, strategy=per-class)']
    """
    return split_at(text, ",")


def split_at(text: str, separator: str) -> list[str]:
    """Split a text at a separator outside brackets and double quotes; empty parts are left out.

    >>> split_at("oversample(largest) + focal(2)", "+")
    ['oversample(largest)', 'focal(2)']
    """
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == '"'
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def unfold_sweep(text: str) -> list[str]:
    """Return the calls that a sweep such as `reweight(1.5|2|5)` expands to: one for each combination of values.

    >>> unfold_sweep("reweight(1.5|2) + focal(2)")
    ['reweight(1.5) + focal(2)', 'reweight(2) + focal(2)']
    """
    pieces: list[list[str]] = []  # alternatives of each piece of the text; brackets, commas and plus signs have one
    for piece in re.split(r'("[^"]*"|[(),=+])', text):
        pieces.append([piece] if piece.startswith('"') else piece.split("|"))
    return ["".join(choice) for choice in itertools.product(*pieces)]


def bind(function: Callable[..., object], spec: CallSpec, *, given: int) -> dict[str, Any]:
    """Match the arguments of `spec` to the parameters of `function` that come after the first `given` ones.

    Each value is converted to its parameter's annotation, see `tailprobe.binding.coerce`; a parameter without one takes
    any value.

    Returns:
        The values by parameter name, defaults included.

    Raises:
        InputError: a missing, unknown or surplus argument, or one of a wrong type; the message shows the form expected.
    """
    parameters = list(inspect.signature(function).parameters.values())[given:]
    signature = inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in parameters])
    bound = match_arguments(spec, parameters, form=f"{spec.name}{signature}")
    for name, value in bound.arguments.items():
        bound.arguments[name] = coerce(value, annotation_of(function, name), where=f"{spec}: {name}")
    bound.apply_defaults()
    return dict(bound.arguments)


def match_arguments(spec: CallSpec, parameters: Sequence[inspect.Parameter], *, form: str) -> inspect.BoundArguments:
    """Match the arguments of `spec` to parameters, values as they are and without defaults.

    Args:
        spec: the call.
        parameters: what can be given.
        form: how a call is written, for the message.

    Raises:
        InputError: a missing, unknown or surplus argument, or one that is given twice.
    """
    try:
        return inspect.Signature(parameters).bind(*spec.arguments, **dict(spec.options))
    except TypeError:
        raise InputError(f"{spec}: {_misfit(spec, parameters)}; expected {form}") from None


def _misfit(spec: CallSpec, parameters: Sequence[inspect.Parameter]) -> str:
    """Return in words why arguments do not fit parameters."""
    known = [p.name for p in parameters]
    in_order = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    by_name = dict(spec.options)
    for name in by_name:
        if name not in known:
            return f"it takes no {name!r}{did_you_mean(name, known).removesuffix('?')}"
    if not known:
        return "it takes no arguments"
    if len(spec.arguments) > len(in_order):
        more = [name for name in known if name not in in_order]
        named = f", and {', '.join(f'{name}=...' for name in more)}" if more else ""
        return f"{len(spec.arguments)} values where it takes {len(in_order)}{named}"
    for name in in_order[: len(spec.arguments)]:
        if name in by_name:
            return f"{name} is given twice"
    given = {*in_order[: len(spec.arguments)], *by_name}
    missing = [p.name for p in parameters if p.name not in given and p.default is p.empty]
    return f"no value for {' and '.join(missing)}"


def annotation_of(function: Callable[..., object], name: str) -> Any:  # noqa: ANN401 - any annotation
    """Return the annotation of one parameter, Any if there is none.

    It is resolved without the other parameters', which may use names that only a type checker imports.

    Raises:
        NameError: the annotation is text with a name that the function's module does not have.
    """
    annotation = inspect.signature(function).parameters[name].annotation
    if annotation is inspect.Parameter.empty:
        return Any
    if not isinstance(annotation, str):
        return annotation
    written = SimpleNamespace(__annotations__={name: annotation})
    names = getattr(inspect.unwrap(function), "__globals__", {})
    return get_type_hints(written, globalns=names, include_extras=True)[name]


def parse_value(text: str) -> Value:
    """Parse an integer, a finite number or a word; double quotes around it are removed.

    >>> parse_value("2"), parse_value("0.5"), parse_value("inf"), parse_value('"a, b"')
    (2, 0.5, 'inf', 'a, b')
    """
    text = text.strip().strip('"')
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def show_value(value: object) -> str:
    """Return the text of a value, which `parse_value` and `coerce` turn back into it.

    >>> show_value(2.0), show_value(0.99999999), show_value(True), show_value("a, b")
    ('2', '0.99999999', 'true', '"a, b"')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    text = f"{value:.0f}" if whole else str(value)
    return f'"{text}"' if any(mark in text for mark in ",|+()") else text
