"""The options of a label table, which several readers share."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_type_hints

from tailprobe.labels import Kind

OnUnknownTag = Literal["error", "skip"]


@dataclass(frozen=True)
class TableOptions:
    """How the names, tags and parts of a label table are read.

    Columns that are not named are looked for by their usual names, see `tailprobe.datasets.tables.tags`.
    """

    name_column: str | None = None  # the column of image names
    tags_column: str | None = None  # the column of tags
    part_column: str | None = None  # the column that says train, validation or test (or val, dev, ...)
    separator: str | None = None  # between the tags of a cell
    classes: Sequence[str] | None = None  # in the order wanted; by default every tag that occurs, sorted by name
    # "single-label" takes the whole cell as the one class (unless there is a separator); "auto" decides by whether
    # every row names exactly one tag, and says so in the notes.
    kind: Kind | Literal["auto"] = "auto"
    on_unknown_tag: OnUnknownTag = "error"  # "skip" leaves out the rows with a tag that is not among `classes`
    group_column: str | None = None  # the column of patients, scenes, ...: images of one group stay in one part


DEFAULT_TABLE_OPTIONS = TableOptions()


def option_types(function: Callable[..., object]) -> dict[str, Any]:
    """Return option -> annotation of a reader's keyword-only parameters.

    A parameter of type `TableOptions` stands for the fields of that class.
    """
    hints = get_type_hints(function)
    types: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            hint = hints[parameter.name]
            types |= get_type_hints(TableOptions) if hint is TableOptions else {parameter.name: hint}
    return types


def gather_table_options(function: Callable[..., object], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments for a reader, given its options one by one.

    Args:
        function: the reader.
        given: option -> value, all of them known to `option_types`.
    """
    parameter = next((name for name, hint in get_type_hints(function).items() if hint is TableOptions), None)
    if parameter is None:
        return dict(given)
    names = {field.name for field in fields(TableOptions)}
    table = TableOptions(**{name: value for name, value in given.items() if name in names})
    return {name: value for name, value in given.items() if name not in names} | {parameter: table}
