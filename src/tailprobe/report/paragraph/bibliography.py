"""The references that a run's methods, metrics and statistics come from: `references.bib`, by key."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_KEY = re.compile(r"^@\w+\{([^,]+),", re.MULTILINE)


@cache
def references() -> Mapping[str, str]:
    """Return every BibTeX entry by its key."""
    text = (files("tailprobe.report.paragraph") / "references.bib").read_text(encoding="utf-8")
    entries = [entry.strip() for entry in text.split("\n\n") if entry.strip()]
    return {found[1]: entry for entry in entries if (found := _KEY.match(entry))}


def bibliography(keys: Iterable[str]) -> str:
    """Return the entries of the keys, each once, in the order of their keys.

    >>> bibliography(["smyth2004"]).splitlines()[0]
    '@article{smyth2004,'
    """
    known = references()
    return "\n\n".join(known[key] for key in sorted(set(keys))) + "\n"
