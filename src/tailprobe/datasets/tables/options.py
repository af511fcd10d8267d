"""The options of label tables, shared by the readers, the command line, the study file and the Python interface."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_type_hints

from tailprobe.setting import NamedSetting, at_least, setting, settings_of

OnUnknownTag = Literal["error", "skip"]
OnUnlabelled = Literal["auto", "leave-out", "negative"]
OnUnclear = Literal["error", "ignore", "negative", "positive", "leave-out"]


@dataclass(frozen=True)
class TableOptions:
    """How the images, labels, parts and groups of a label table are read.

    Columns that are not named are found by their content and common names, see
    `tailprobe.datasets.tables.roles`.
    """

    image_column: str | None = setting(
        None,
        help="Column of image names, e.g. file_name. Default: the one whose values are files of the folder, else one "
        "with a common name.",
        group="Labels",
        metavar="COLUMN",
    )
    label_columns: tuple[str, ...] | None = setting(
        None,
        help="Column of labels, e.g. tags, or one column per class. Default: found by name and content.",
        group="Labels",
        metavar="COLUMNS",
    )
    part_column: str | None = setting(
        None, help="Column that says train, validation or test, e.g. split.", group="Labels", metavar="COLUMN"
    )
    part_values: tuple[str, ...] | None = setting(
        None,
        help="What values of that column mean, e.g. 0=train, 1=validation, 2=test, 3=leave-out. The rest as usual.",
        group="Labels",
        metavar="VALUE=PART",
    )
    group_column: str | None = setting(
        None,
        help="Column of patients, scenes or videos, whose images stay in one part; level:1 is the first folder of an "
        "image's path.",
        group="Labels",
        metavar="COLUMN",
    )
    separator: str | None = setting(
        None,
        help="Separator between the labels of a cell, e.g. ';'. Default: whichever of , ; | is used, else spaces if "
        "the words combine freely.",
        group="Labels",
        metavar="TEXT",
    )
    kind: Literal["multi-label", "single-label", "auto"] = setting(
        "auto",
        help="One class per image, or any number: auto (single-label if every labelled row has one), single-label or "
        "multi-label.",
        group="Labels",
    )
    classes: Sequence[str] | None = setting(
        None,
        help="The classes in the desired order, or a text file with one per line, e.g. classes.txt. Default: every "
        "label that occurs.",
        group="Labels",
        metavar="NAMES",
    )
    on_unknown_tag: OnUnknownTag = setting(
        "error", help="A row with a label that is not among --classes: stop, or leave the row out.", group="Labels"
    )
    missing_words: tuple[str, ...] | None = setting(
        None,
        help="Words that mean no label, like blank cells, e.g. none,unknown. Default: nan, None, null, NA, N/A; '' for "
        "no such words.",
        group="Labels",
        metavar="WORDS",
    )
    unlabelled: OnUnlabelled = setting(
        "auto",
        help="A row without a label: auto (leave-out if single-label, else negative), leave-out, or negative: an image "
        "without any class.",
        group="Labels",
    )
    uncertain: OnUnclear = setting(
        "error",
        help="-1 in a column of 0 and 1: error, ignore (the image does not count for this class), negative, positive, "
        "or leave-out (the whole row).",
        group="Labels",
    )
    blank: OnUnclear = setting(
        "error",
        help="A blank cell in a column of 0 and 1: error, ignore (the image does not count for this class), negative, "
        "positive, or leave-out (the whole row).",
        group="Labels",
    )


@dataclass(frozen=True)
class ClassOptions:
    """Which classes are kept and which are merged, for any format; see `tailprobe.datasets.classes`."""

    merge_classes: str | None = setting(
        None,
        help="Table of old and new class names, e.g. names.csv; or variants: names that differ only in case, spaces or "
        "punctuation are merged.",
        group="Labels",
        metavar="TABLE",
    )
    only_class: tuple[str, ...] | None = setting(
        None, help="Keep only these classes, e.g. mine.", group="Labels", metavar="NAMES"
    )
    drop_class: tuple[str, ...] | None = setting(
        None, help="Leave these classes out, e.g. cloudy.", group="Labels", metavar="NAMES"
    )
    min_images: int = setting(
        0, help="Leave out classes with fewer images, e.g. 10.", group="Labels", range=at_least(0), metavar="INTEGER"
    )


@dataclass(frozen=True)
class FolderOptions:
    """How folders are read, see `tailprobe.datasets.readers.folder`."""

    class_level: int | None = setting(
        None,
        help="Which folder level names the class, counted below the part folders, e.g. 2. Default: 1.",
        group="Labels",
        range=at_least(1),
        metavar="INTEGER",
    )


READER_SETTINGS: Mapping[str, NamedSetting] = {
    **settings_of(TableOptions),
    **settings_of(ClassOptions),
    **settings_of(FolderOptions),
}
CLASS_OPTIONS = tuple(settings_of(ClassOptions))
DEFAULT_TABLE_OPTIONS = TableOptions()


def option_types(function: Callable[..., object]) -> dict[str, Any]:
    """Return option -> annotation of a reader's keyword-only parameters.

    A parameter of type `TableOptions` is expanded to the fields of that class.
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


def class_option_types() -> dict[str, Any]:
    """Return option -> annotation of `ClassOptions`."""
    return get_type_hints(ClassOptions)


def split_class_options(given: Mapping[str, Any]) -> tuple[dict[str, Any], ClassOptions]:
    """Return the other options, and those of `ClassOptions`; values must have the right types already."""
    others = {name: value for name, value in given.items() if name not in CLASS_OPTIONS}
    return others, ClassOptions(**{name: value for name, value in given.items() if name in CLASS_OPTIONS})


def flag(option: str) -> str:
    """Return how the command line spells an option, for messages.

    >>> flag("label_columns")
    '--label-columns'
    """
    return READER_SETTINGS[option].option
