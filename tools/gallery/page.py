"""The gallery's pages as Markdown."""

import inspect
import re
from collections.abc import Iterator, Sequence

from fitted import Rows
from toy import COUNTS

from tailprobe.methods.method import BoundMethod, Method

_SECTION = re.compile(r"^([A-Z][a-z ]+):$")
_DROPPED = ("Args", "Raises", "Returns")  # the API reference has them


def method_page(method: Method, shown: BoundMethod, rows: Rows, *, kind: str) -> str:
    """Return the page of one method."""
    lines = [
        f"# {method.name}",
        "",
        method.summary,
        "",
        f"![{method.name} on a small long-tailed set]({method.name}.png)",
        "",
        f"`{shown}` on a {kind} set of {', '.join(map(str, COUNTS))} images. {_epoch(rows)}",
        "",
        *_facts(method),
        "",
        *_documentation(method),
    ]
    return "\n".join(lines) + "\n"


def index_page(families: Sequence[tuple[str, Sequence[Method]]]) -> str:
    """Return the page that shows every method, by family."""
    lines = [*_INTRODUCTION.splitlines()]
    for family, methods in families:
        lines += ["", f"## {family}", "", "| method | what it does |", "|---|---|"]
        lines += [f"| [{method.name}]({method.name}.md) | {method.summary} |" for method in methods]
    return "\n".join(lines) + "\n"


_INTRODUCTION = f"""# The methods in pictures

Each method on a small set in the plane: three classes of {COUNTS[0]}, {COUNTS[1]} and {COUNTS[2]} images whose clouds
overlap. Left, the rows of an epoch: the area of a point is the number of draws times the weight of the row's positive
loss terms, a diamond is a synthetic row, a cross a row that is left out. Of a method with stages the last one is shown,
of an ensemble the first member. Right, what the trained head makes of it: the shading is the probability of the rare
class, the lines are where each class reaches a probability of one half, dotted for the baseline of the method's link.
For methods that read class names, the names lie near the centres of their classes, as a text tower would put them; for
those of a fused encoder each axis is a part.

A picture shows what a method does, with one seed and two dimensions, and not whether it helps: that is what a
comparison on your images is for."""


def _epoch(rows: Rows) -> str:
    real = ~rows.synthetic
    parts = [f"An epoch draws {rows.draws.sum():,.0f} rows"]
    parts.append(f"{int((rows.draws[real] > 0).sum())} of {int(real.sum())} images")
    if rows.synthetic.any():
        parts.append(f"{int(rows.synthetic.sum())} synthetic rows")
    carrying = rows.labels[:, -1] & (rows.influence > 0)
    share = rows.influence[carrying].sum() / rows.influence.sum()
    before = rows.labels[real][:, -1].mean()
    return f"{', '.join(parts)}; rows of the rare class have {share:.0%} of all weight ({before:.0%} in the data)."


def _facts(method: Method) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    yield f"| family | {method.family} |"
    yield f"| call | `{method.form}` |"
    yield f"| labels | {' and '.join(sorted(method.kinds))} |"
    yield f"| link | {method.link} |"
    for condition in method.conditions:
        what, _, said = condition.partition(": ")
        yield f"| {what} | {said} |"
    if method.formula:
        yield f"| formula | `{method.formula.replace('|', chr(92) + '|')}` |"
    if method.source:
        yield f"| source | {method.source} |"


def _documentation(method: Method) -> Iterator[str]:
    """Return the docstring after its first line, headings for its sections."""
    kept = True
    for line in (inspect.getdoc(method.function) or "").splitlines()[1:]:
        section = _SECTION.match(line)
        if section:
            kept = section[1] not in _DROPPED
            if kept:
                yield from ("", f"**{section[1]}.**", "")
        elif kept and not line.lstrip().startswith((">>>", "...")):
            yield line.strip()
