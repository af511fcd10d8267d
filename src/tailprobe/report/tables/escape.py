"""Names that others chose, as text of each format: nothing in them is markup or a formula afterwards."""

import re
from types import MappingProxyType

# What means something to LaTeX, and what to Markdown inside a cell.
_TEX = MappingProxyType({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "[": "{[}", "]": "{]}", "±": r"$\pm$", "−": r"$-$", "Δ": r"$\Delta$",
})  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~])")


def one_line(text: str) -> str:
    """Return a text with every run of white space, line breaks too, as one space."""
    return " ".join(text.split())


def tex(text: str) -> str:
    r"""Return a text as LaTeX prints it.

    A bracket is set in braces, as LaTeX would take it for an optional argument after a line break.

    >>> print(tex("50% & a_b"))
    50\% \& a\_b
    """
    return "".join(_TEX.get(letter, letter) for letter in one_line(text))


def markdown(text: str) -> str:
    r"""Return a text as GitHub's Markdown shows it inside a cell.

    >>> print(markdown("a|b"))
    a\|b
    """
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def csv(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe before its sign makes it text.

    >>> csv("=1+1"), csv("mine")
    ("'=1+1", 'mine')
    """
    flat = one_line(text)
    return f"'{flat}" if flat[:1] in ("=", "+", "-", "@") else flat
