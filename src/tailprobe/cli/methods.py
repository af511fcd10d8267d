"""`tailprobe methods`: list the methods."""

import inspect
import shutil
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.console import print_text

if TYPE_CHECKING:
    from tailprobe.methods.method import Method

_LONGEST = 100  # characters per line, for readability


def methods(
    name: Annotated[str | None, typer.Argument(help="A method, to read all of its documentation.")] = None,
) -> None:
    """List the methods by family with formula, source, kinds of labels and an example; or show one method.

    `tailprobe methods` lists all, `tailprobe methods focal` shows one with its arguments.
    """
    from tailprobe.methods.lookup import find_method

    for line in _listed() if name is None else _one(find_method(name), called=name):
        print_text(line)


def _listed() -> Iterator[str]:
    from tailprobe.methods.lookup import load_installed
    from tailprobe.methods.method import METHODS
    from tailprobe.methods.presets import PRESETS

    load_installed()
    known = [METHODS.get(name) for name in METHODS.names()]
    families = sorted({method.family for method in known}, key=lambda family: (family != "baseline", family))
    for family in families:
        yield family
        for method in known:
            if method.family == family:
                yield from _entry(method, called=method.name)
        yield ""
    yield "presets"
    for preset, members in PRESETS.items():
        yield from _wrapped(f"{preset}: {', '.join(members)}", 2)
    yield ""
    yield from _wrapped(_EXAMPLES, 0)


_EXAMPLES = (
    "Examples: --methods paper; --methods 'reweight(1.5|2|5), focal(2)' for four methods; --methods "
    "'oversample(largest) + focal(2)' for one that is composed of two; --methods my_package.my_module:my_method"
)


def _entry(method: "Method", *, called: str) -> Iterator[str]:
    """Yield the lines of a method under the name that finds it, which of one's own is `package.module:name`."""
    form, example = (called + text.removeprefix(method.name) for text in (method.form, method.example))
    yield from _wrapped(form, 2)
    yield from _wrapped(method.summary, 6)
    if method.formula:
        yield from _wrapped(f"formula: {method.formula}", 6)
    if method.source:
        yield from _wrapped(f"source: {method.source}", 6)
    yield from _wrapped(f"labels: {' and '.join(sorted(method.kinds))}", 6)
    for condition in method.conditions:
        yield from _wrapped(condition, 6)
    yield from _wrapped(f"example: --methods '{example}'", 6)


def _one(method: "Method", *, called: str) -> Iterator[str]:
    """Return the entry of a method and its full documentation."""
    yield from _entry(method, called=called)
    yield ""
    documented = (inspect.getdoc(method.function) or "").partition("\n")[2].strip("\n")
    yield from documented.splitlines()


def _wrapped(text: str, indent: int) -> list[str]:
    width = min(shutil.get_terminal_size().columns, _LONGEST)
    margin = " " * indent
    return textwrap.wrap(
        text, max(width, 40), initial_indent=margin, subsequent_indent=margin + "  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
