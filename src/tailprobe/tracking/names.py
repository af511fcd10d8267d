"""Names that every tracker accepts."""

import re
from collections.abc import Iterable

_OTHER = re.compile(r"[^A-Za-z0-9_\-. ]")
_LONGEST = 120


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name to a distinct one of letters, digits, spaces and `_-.` only.

    Other characters become `_`, long names are cut, and names that would then be equal (ignoring case) are numbered.

    >>> safe_names(["mine", "<b>mine</b>", "forêt", "for_t", "..."])
    {'mine': 'mine', '<b>mine</b>': 'b_mine__b', 'forêt': 'for_t', 'for_t': 'for_t 2', '...': '_'}
    """
    found: dict[str, str] = {}
    taken = set[str]()
    for name in dict.fromkeys(names):
        plain = _OTHER.sub("_", name)[:_LONGEST].strip(" ._") or "_"
        safe, number = plain, 1
        while safe.lower() in taken:  # some file systems ignore case
            number += 1
            safe = f"{plain} {number}"
        taken.add(safe.lower())
        found[name] = safe
    return found
