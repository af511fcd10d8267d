"""Methods by name: of this package, of installed packages, or as `package.module:name`."""

import re
from collections.abc import Iterator, Sequence

from tailprobe import methods
from tailprobe.callspec import CallSpec, parse_call, split_at, unfold_sweep
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.learners.loss import Link
from tailprobe.methods.method import METHODS, BoundMethod, Method
from tailprobe.methods.presets import CALLS, PRESETS
from tailprobe.own_code import import_own, where_defined
from tailprobe.registry import did_you_mean, import_installed, import_members

ENTRY_POINTS = "tailprobe.methods"

import_members(methods)


def parse_methods(texts: Sequence[str], *, kind: Kind | None = None) -> tuple[BoundMethod, ...]:
    """Read methods, presets, groups, compositions and sweeps.

    Args:
        texts: e.g. `["paper"]`, `["reweight(2), undersample(200)"]`, `["reweight(1.5|2|5)"]` for three methods,
            `["oversample(largest) + focal(2)"]`, `["my_package.my_module:my_method(3)"]`, `["family(loss)"]` for the
            methods of a family with their default arguments, `["all"]` for those of every family.
        kind: of the labels, where known: groups then hold only methods that are defined for it.

    Returns:
        The methods in the order given; the baseline of every link in use comes first, since all others are compared
        with it.

    Raises:
        InputError: an unknown method, wrong arguments, or a method named twice.
    """
    parts = [part for text in texts for part in split_at(text, ",")]
    bound = [method for part in parts if _family(part) is None for method in _read(part)]
    for part in parts:
        family = _family(part)
        if family is not None:  # a method named in addition to its group is not listed twice
            bound += [method for method in _group(family, kind) if method not in bound]
    twice = sorted({str(m) for m in bound if bound.count(m) > 1 and not m.is_baseline})
    if twice:
        raise InputError(f"method {twice[0]} is named twice; name each method once")
    others = [m for m in bound if not m.is_baseline]
    asked = {m.link for m in bound}
    return (*(baseline_of(link) for link in ("sigmoid", "softmax") if link == "sigmoid" or link in asked), *others)


def named_methods(texts: Sequence[str], *, kind: Kind | None = None) -> tuple[BoundMethod, ...]:
    """Return the methods of a list that are named by themselves or by a preset, without those of groups.

    >>> [str(method) for method in named_methods(["all", "focal(2)"])]
    ['baseline', 'focal(2)']
    """
    parts = [part for text in texts for part in split_at(text, ",")]
    return parse_methods([part for part in parts if _family(part) is None], kind=kind)


def parse_method(text: str | Method) -> BoundMethod:
    """Read one method, or a composition, e.g. `oversample(largest) + focal(2)`; one given as it is takes its defaults.

    Raises:
        InputError: an unknown method, wrong arguments, or several methods, as of a preset or a sweep.

    >>> str(parse_method("focal(2)"))
    'focal(2)'
    """
    if isinstance(text, Method):
        return text.bind(CallSpec(""))
    if _family(text) is not None or len(split_at(text, ",")) > 1:
        raise InputError(f"{text!r} names several methods; give one")
    found = list(_read(text))
    if len(found) != 1:
        raise InputError(f"{text!r} names {len(found)} methods; give one")
    return found[0]


def baseline_of(link: Link) -> BoundMethod:
    """Return the method that others of the same link are compared with."""
    return find_method("softmax" if link == "softmax" else "baseline").bind(CallSpec(""))


def find_method(name: str) -> Method:
    """Return the method called `name`: a registered one, one of an installed package, or `package.module:name`.

    Raises:
        InputError: there is none; the message names the nearest, and says how to list the known ones.
    """
    if ":" in name:
        return _imported(name)
    load_installed()
    if name in PRESETS:
        raise InputError(f"{name} is a preset, a list of methods: it must be given alone, without arguments or +")
    if name not in METHODS.names():
        known = [*METHODS.names(), *PRESETS]
        near = did_you_mean(name, known, most=3) or "."
        raise InputError(
            f"no method is called {name!r}{near} `tailprobe methods` lists all {len(known)}; one of your own is "
            "written module:name"
        )
    return METHODS.get(name)


def load_installed() -> None:
    """Import the methods of installed packages, which name them under the entry-point group `tailprobe.methods`.

    Raises:
        InputError: a package's entry point cannot be imported.
    """
    import_installed(ENTRY_POINTS, "method")


def _family(text: str) -> str | None:
    """Return the family that an entry of a list refers to, empty for all of them; None if it is not a group."""
    if text == "all":
        return ""
    match = re.fullmatch(r"family\(\s*(.*?)\s*\)", text)
    return match.group(1) if match else None


def _group(family: str, kind: Kind | None) -> list[BoundMethod]:
    """Return the methods of a family, or all of them, that are defined for a kind of labels, by name.

    A third-party method that has an argument without a default is left out: there is no value to use.

    Raises:
        InputError: there is no such family.
    """
    load_installed()
    every = [METHODS.get(name) for name in METHODS.names()]
    families = sorted({method.family for method in every})
    if family and family not in families:
        near = did_you_mean(family, families) or "."
        raise InputError(f"no family is called {family!r}{near} Known: {', '.join(families)}")
    chosen = [m for m in every if (not family or m.family == family) and (kind is None or kind in m.kinds)]
    calls = [CALLS.get(method.name, method.name) for method in chosen if _is_callable(method)]
    return [method for call in calls for method in _read(call)]


def _is_callable(method: Method) -> bool:
    return method.name in CALLS or all(p.default is not p.empty for p in method.parameters)


def _read(text: str) -> Iterator[BoundMethod]:
    """Yield what one part of a list means: a preset's methods, the methods of a sweep, or one method."""
    if text in PRESETS:
        for member in PRESETS[text]:
            yield from _read(member)
        return
    for single in unfold_sweep(text):
        if "" in [part.strip() for part in single.split("+")]:
            raise InputError(f"{text!r}: expected a method before and after each plus, as in 'reweight(2) + focal(2)'")
        parts = [_bind(parse_call(part)) for part in split_at(single, "+")]
        yield BoundMethod(tuple(call for part in parts for call in part.parts))


def _bind(spec: CallSpec) -> BoundMethod:
    return find_method(spec.name).bind(spec)


def _imported(name: str) -> Method:
    """Import `package.module:name`, looked for in the current folder first."""
    attribute = name.partition(":")[2]
    held = vars(import_own(name, "method", "a module with a function under @method(NAME, family=FAMILY)"))
    if attribute not in held:
        own = [key for key, value in held.items() if isinstance(value, Method)]
        near = did_you_mean(attribute, own) or "."
        raise InputError(
            f"method {name!r}: {held.get('__file__', 'the module')} has no {attribute!r}{near} "
            f"Its methods: {', '.join(own) or 'none; decorate a function with tailprobe.method(name, family=...)'}"
        )
    found = held[attribute]
    if not isinstance(found, Method):
        raise InputError(
            f"{name!r}{where_defined(found)} is not a method; decorate the function with "
            "tailprobe.method(name, family=...)"
        )
    return found
