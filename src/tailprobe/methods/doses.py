"""Methods that differ in one number: a dose, whose effect has a direction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tailprobe.methods.method import BoundMethod

_MIN_DOSES = 3  # two have a difference, but no trend


@dataclass(frozen=True)
class DoseFamily:
    """Methods that are the same but for one positive number, by ascending dose."""

    name: str  # of the method, or of the methods composed
    argument: str
    methods: tuple[str, ...]
    doses: tuple[float, ...]


def dose_families(methods: Sequence[BoundMethod]) -> tuple[DoseFamily, ...]:
    """Return the families of three methods or more that differ only in one number.

    >>> from tailprobe.methods.lookup import parse_methods
    >>> found = dose_families(parse_methods(["reweight(2|5|1.5), oversample(largest), focal(2)"]))
    >>> [(family.name, family.argument, family.doses) for family in found]
    [('reweight', 'factor', (1.5, 2.0, 5.0))]
    """
    families: dict[tuple[object, ...], list[tuple[float, str]]] = defaultdict(list)
    for method in methods:
        arguments = method.arguments()
        for name, value in arguments.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
                others = frozenset((k, v) for k, v in arguments.items() if k != name)
                families[_name(method), name, others].append((float(value), str(method)))
    return tuple(
        DoseFamily(str(name), str(argument), tuple(m for _, m in sorted(doses)), tuple(d for d, _ in sorted(doses)))
        for (name, argument, _), doses in families.items()
        if len(doses) >= _MIN_DOSES
    )


def _name(method: BoundMethod) -> str:
    return " + ".join(part.method.name for part in method.parts)
