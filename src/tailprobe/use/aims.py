"""Aims, which choose the thresholds: `recall=0.9`, `precision=0.8`, `f2`, `cost=10`, `top=100`; per class, `CLASS:f2`.

recall, precision: reach this value with as few, or as many, tagged images as possible. f2: the largest F-beta score,
here with beta 2. cost: the lowest cost if a missed positive costs as much as that many false alarms. top: tag that many
images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

_EXPECTED = "recall=0.9, precision=0.8, f2, f1, f0.5, cost=10 or top=100; for a single class, CLASS:recall=0.9"
DEFAULT_AIM = "f2"


@dataclass(frozen=True)
class Aim:
    """An aim: its kind and its value."""

    kind: str  # recall, precision, f, cost, top
    value: float

    def __str__(self) -> str:
        return f"f{self.value:g}" if self.kind == "f" else f"{self.kind}={self.value:g}"


def parse_aim(text: str) -> Aim:
    """Parse an aim.

    Raises:
        InputError: the kind of aim is unknown, or its value is not a number or out of range.

    >>> str(parse_aim("recall=0.90")), parse_aim("f2")
    ('recall=0.9', Aim(kind='f', value=2.0))
    """
    kind, _, value = text.strip().partition("=")
    if not value and kind[:1] == "f":
        kind, value = "f", kind[1:]
    try:
        number = float(value)
    except ValueError:
        raise InputError(f"aim {text!r}: expected {_EXPECTED}") from None
    allowed = {
        "recall": 0 < number <= 1, "precision": 0 < number < 1, "f": 0.1 <= number <= 10, "cost": 0 < number <= 1e6,
        "top": number >= 1 and number == int(number) if abs(number) < 1e12 else False,
    }  # fmt: skip
    if kind not in allowed:
        raise InputError(f"aim {text!r}{did_you_mean(kind, list(allowed)) or ':'} expected {_EXPECTED}")
    if not allowed[kind]:
        raise InputError(f"aim {text!r}: {number:g} is out of range; expected {_EXPECTED}")
    return Aim(kind, number)


def aims_by_class(texts: Sequence[str], classes: Sequence[str], *, default: str = DEFAULT_AIM) -> tuple[Aim, ...]:
    """Return the aim of each class.

    Args:
        texts: an aim without a class name, for all other classes, and any number of CLASS:AIM.
        classes: (C,) names.
        default: the aim of all other classes where `texts` has none.

    Returns:
        (C,) aims, in the order of `classes`.

    Raises:
        InputError: an unknown class or aim, or two aims for the same class.

    >>> [str(aim) for aim in aims_by_class(["recall=0.9", "mine:top=5"], ["forest", "mine"])]
    ['recall=0.9', 'top=5']
    """
    given: dict[str, Aim] = {}
    for text in texts:
        name, _, aim = text.rpartition(":")
        if name and name not in classes:
            near = did_you_mean(name, classes) or "."
            raise InputError(f"aim {text!r}: there is no class {name!r}{near} The model has {', '.join(classes)}")
        if name in given:
            raise InputError(f"aim {text!r}: {name or 'all classes'} already has the aim {given[name]}; give one")
        given[name] = parse_aim(aim)
    of_all = given.get("", parse_aim(default))
    return tuple(given.get(name, of_all) for name in classes)
