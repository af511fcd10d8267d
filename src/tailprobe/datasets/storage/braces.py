"""Expand a brace pattern such as `shards-{000..009}.tar`."""

import re
from itertools import product

from tailprobe.errors import InputError

_GROUP = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
MAX_NAMES = 100_000  # that one pattern may expand to


def is_pattern(text: str) -> bool:
    """Return whether a string contains a range or alternatives in braces.

    >>> is_pattern("s-{0..9}.tar"), is_pattern("{train,val}.tar"), is_pattern("s-{x}.tar")
    (True, True, False)
    """
    return any(_RANGE.fullmatch(inner) or "," in inner for inner in _GROUP.findall(text))


def expand_braces(text: str) -> list[str]:
    """Expand a pattern as a shell does: ranges of numbers and alternatives, not nested.

    Leading zeros are kept: `{08..10}` is 08, 09, 10.

    Raises:
        InputError: the pattern expands to more than `MAX_NAMES` names.

    >>> expand_braces("{train,val}-{8..10}.tar")[:4]
    ['train-8.tar', 'train-9.tar', 'train-10.tar', 'val-8.tar']
    """
    pieces = _GROUP.split(text)  # plain, inner, plain, inner, ..., plain
    choices = [[piece] if n % 2 == 0 else _choices(piece, text) for n, piece in enumerate(pieces)]
    number = 1
    for choice in choices:
        number *= len(choice)
    if number > MAX_NAMES:
        raise InputError(
            f"{text}: the pattern expands to {number:,} names, more than the limit of {MAX_NAMES:,}; check its ranges"
        )
    return ["".join(parts) for parts in product(*choices)]


def _choices(inner: str, text: str) -> list[str]:
    found = _RANGE.fullmatch(inner)
    if found is None:
        return inner.split(",") if "," in inner else [f"{{{inner}}}"]
    first, last = int(found[1]), int(found[2])
    if abs(last - first) >= MAX_NAMES:
        raise InputError(f"{text}: the range {inner} has more than {MAX_NAMES:,} numbers; check its bounds")
    padded = any(len(end) > 1 and end.startswith("0") for end in found.groups())
    width = max(map(len, found.groups())) if padded else 0
    step = 1 if first <= last else -1
    return [f"{n:0{width}d}" for n in range(first, last + step, step)]
