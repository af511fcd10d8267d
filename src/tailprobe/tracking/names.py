"""Names that every tracker takes."""

import re
from collections.abc import Iterable

_OTHER = re.compile(r"[^A-Za-z0-9_\-. ]")
_LONGEST = 120


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Return for each name one of letters, digits, spaces and `_-.` alone, no two the same.

    Other characters become `_`, long names are cut, and of names that would then be the same the later are numbered.

    >>> safe_names(["mine", "<b>mine</b>", "forêt", "for_t", "..."])
    {'mine': 'mine', '<b>mine</b>': 'b_mine__b', 'forêt': 'for_t', 'for_t': 'for_t 2', '...': '_'}
    """
    found: dict[str, str] = {}
    taken = set[str]()
    for name in dict.fromkeys(names):
        plain = _OTHER.sub("_", name)[:_LONGEST].strip(" ._") or "_"
        safe, number = plain, 1
        while safe.lower() in taken:  # some file systems know no case
            number += 1
            safe = f"{plain} {number}"
        taken.add(safe.lower())
        found[name] = safe
    return found
