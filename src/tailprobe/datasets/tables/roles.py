"""The role of each column of a label table: image, labels, part, group, or ignored."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tailprobe.datasets.storage.image_files import EXTENSIONS, preview
from tailprobe.datasets.tables.binary import BinaryColumn, binary_column
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.datasets.tables.options import TableOptions, flag
from tailprobe.datasets.tables.parts import PartColumn, find_parts
from tailprobe.datasets.tables.present import find_presence
from tailprobe.datasets.tables.usual import (
    GROUP_NAMES,
    IMAGE_NAMES,
    LABEL_NAMES,
    find_usual,
    is_flag,
    is_index,
    plain,
)
from tailprobe.errors import InputError

_USUAL_MISSING = ("nan", "NaN", "NAN", "None", "null", "NULL", "NA", "N/A", "n/a", "<NA>", "#N/A")
_SHOWN = 6  # columns listed in a message


@dataclass(frozen=True, eq=False)
class TableRoles:
    """The role of every column."""

    image: str
    tags: tuple[str, ...]  # columns whose cells hold label names
    one_hot: dict[str, BinaryColumn]  # or binary columns, one per class
    part: PartColumn | None
    group: str | None
    ignored: tuple[str, ...]
    presence: str | None = None  # column that says whether the label of a row applies

    def describe(self, how: str) -> str:
        """Return the roles as one line: "image: tile; labels: tags, split at ','; part: split; ignored: lat, lon"."""
        if self.one_hot:
            words = next(iter(self.one_hot.values())).words
            labels = f"{_named(list(self.one_hot))} ({words}, one column per class)"
        else:
            labels = f"{_named(self.tags)}{', ' if how else ''}{how}"
        used = self.part is not None and self.part.parts is not None
        described = [
            f"image: {self.image}",
            f"labels: {labels}",
            *([f"applies: {self.presence}"] if self.presence is not None else []),
            *([f"part: {self.part.column}"] if self.part is not None and used else []),
            *([f"group: {self.group}"] if self.group is not None else []),
            *([f"ignored: {_named(self.ignored)}"] if self.ignored else []),
        ]
        return "; ".join(described)


def find_roles(columns: Columns, options: TableOptions, images: ImageNames | None) -> TableRoles:
    """Return the role of every column: as the user says, else by content and common names.

    Args:
        columns: the table.
        options: the columns that the user named.
        images: the available images, if they are known.

    Raises:
        InputError: a named column does not exist, there is no column of images or of labels, or several are possible.
    """
    missing = missing_words(options)
    image = find_image_column(columns, options, images)
    part = find_parts(columns, options)
    group = None if options.group_column is None or is_level(options.group_column) else options.group_column
    group = None if group is None else columns.given(group, "group_column")
    taken = {image, group} | ({part.column} if part is not None else set())
    rest = [name for name in columns.cells if name not in taken]
    tags, one_hot = _label_columns(columns, rest, options, missing)
    used = {image, group, *tags, *one_hot}
    ignored = [name for name in columns.cells if name not in used]
    if part is not None and part.parts is not None:
        ignored = [name for name in ignored if name != part.column]
    presence = find_presence(columns, image, ignored, missing) if tags else None
    ignored = [name for name in ignored if name != presence]
    return TableRoles(image, tags, one_hot, part, group, tuple(ignored), presence)


def missing_words(options: TableOptions) -> frozenset[str]:
    """Return the words that mean no label, except classes that the user names."""
    words = _USUAL_MISSING if options.missing_words is None else options.missing_words
    return frozenset(words) - frozenset(options.classes or ())


def is_level(group_column: str) -> bool:
    """Return whether a group is given as a folder level, `level:1`."""
    return group_column.startswith("level:")


def possible_group(roles: TableRoles) -> str | None:
    """Return an ignored column whose name suggests groups: patients, scenes or the like."""
    return next(iter(find_usual(roles.ignored, GROUP_NAMES)), None)


def find_image_column(columns: Columns, options: TableOptions, images: ImageNames | None) -> str:
    """Return the column of images: the one named, else one whose values are available images, else one by its name.

    Raises:
        InputError: there is none.
    """
    if options.image_column is not None:
        return columns.given(options.image_column, "image_column")
    usual = find_usual(columns.cells, IMAGE_NAMES)
    labels = {*(options.label_columns or ()), options.part_column, options.group_column}
    candidates = [name for name in columns.cells if name not in labels and plain(name) not in LABEL_NAMES]
    ranked = sorted(candidates, key=lambda name: (is_index(name), usual.index(name) if name in usual else len(usual)))
    for exactly in (True, False):
        shares = {name: _share(columns, name, images, exactly=exactly) for name in ranked}
        full = [name for name in ranked if shares[name] == 1]
        if full:
            return full[0]
    partly = [name for name in ranked if shares[name] > 0.5 or (name in usual and shares[name] > 0)]
    found = (sorted(partly, key=lambda name: -shares[name]) or usual)[:1]
    if not found:
        raise InputError(
            f"{columns.path.name}: no column of image names (looked for {', '.join(IMAGE_NAMES[:6])}, ...); "
            f"the header has {columns.header()}: name the column with {flag('image_column')}"
        )
    return found[0]


def _share(columns: Columns, name: str, images: ImageNames | None, *, exactly: bool) -> float:
    cells = columns.cells[name]
    texts = [text_of(cell) for cell in cells]
    if len(set(texts)) * 10 < len(texts):
        return 0  # class numbers may be file names, too
    if images is not None:
        return images.share(cells, exactly=exactly)
    return sum(text.lower().endswith(tuple(EXTENSIONS)) for text in texts) / len(texts)


def _label_columns(
    columns: Columns, rest: Sequence[str], options: TableOptions, missing: frozenset[str]
) -> tuple[tuple[str, ...], dict[str, BinaryColumn]]:
    """Return the columns whose cells hold label names, or the binary columns."""
    if options.label_columns is not None:
        return _given_labels(columns, options.label_columns, missing)
    classes = options.classes or ()
    if classes and all(name in rest for name in classes):
        return _given_labels(columns, classes, missing)
    usual = _of_usual_name(columns, rest, missing)
    if len(usual) > 1:
        raise InputError(
            f"{columns.path.name}: columns {usual} could all hold labels; name one with {flag('label_columns')} "
            f"{_quoted(usual[:1])}"
        )
    if usual:
        return tuple(usual), {}
    if rest == ["column 2"] and len(columns.cells) == 2:
        return ("column 2",), {}  # a list without a header
    flags = [name for name in rest if is_flag(name)]
    binary = {name: found for name in rest if (found := binary_column(columns.cells[name], missing)) is not None}
    binary = {name: found for name, found in binary.items() if not is_index(name) or name.startswith("column ")}
    if binary:
        _refuse_unclear(columns, binary, flags)
        return (), {name: found for name, found in binary.items() if name not in flags or set(binary) <= set(flags)}
    only = _repeated(columns, rest)
    if len(only) == 1:
        return tuple(only), {}
    raise InputError(_no_labels(columns, rest))


def _given_labels(
    columns: Columns, given: Sequence[str], missing: frozenset[str]
) -> tuple[tuple[str, ...], dict[str, BinaryColumn]]:
    names = [columns.given(name, "label_columns") for name in rejoin(given, columns.cells)]
    binary = {name: binary_column(columns.cells[name], missing) for name in names}
    if plain(names[0]) in LABEL_NAMES and len(names) == 1:
        return tuple(names), {}
    found = {name: column for name, column in binary.items() if column is not None}
    if found and len(found) < len(names):
        odd = next(name for name in names if name not in found)
        row = next(n for n, cell in enumerate(columns.cells[odd]) if text_of(cell) not in ("", "0", "1"))
        other, words = next((name, column.words) for name, column in found.items())
        raise InputError(
            f"{columns.where(row)}: column {odd!r} holds {text_of(columns.cells[odd][row])!r:.60}, where {other!r} "
            f"holds {words}; pass {flag('label_columns')} columns of one kind"
        )
    return ((), found) if found else (tuple(names), {})


def rejoin(names: Sequence[str], known: Collection[str]) -> list[str]:
    """Return names that were split at commas, with the pieces of known names that contain a comma joined again.

    >>> rejoin(["Dog", "domestic", "cat"], ["Dog, domestic", "cat"])
    ['Dog, domestic', 'cat']
    """
    joined: list[str] = []
    place = 0
    while place < len(names):
        for end in range(len(names), place, -1):
            texts = [joint.join(names[place:end]) for joint in (", ", ",")]
            found = next((text for text in texts if text in known), None)
            if found is not None or end == place + 1:
                joined.append(found or names[place])
                place = end
                break
    return joined


def _of_usual_name(columns: Columns, rest: Sequence[str], missing: frozenset[str]) -> list[str]:
    """Return the columns with common names for labels; of two with the same information, the one in words."""
    usual = [name for name in find_usual(rest, LABEL_NAMES) if not _is_one_of_several(columns, name, rest, missing)]
    filled = [name for name in usual if any(text_of(cell) not in {"", *missing} for cell in columns.cells[name])]
    filled = [name for name in filled if plain(name) not in GROUP_NAMES] or filled  # a scene beside a label is a group
    if len(filled) != 2:
        return filled or usual[:1]
    one, other = ([str(cell) for cell in columns.cells[name]] for name in filled)
    if len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other)) and len(set(one)) > 1:
        numbers = [name for name in filled if all(text_of(cell).isdecimal() for cell in columns.cells[name])]
        return [name for name in filled if name not in numbers][:1] or filled[:1]
    return filled


def _is_one_of_several(columns: Columns, name: str, rest: Sequence[str], missing: frozenset[str]) -> bool:
    """Return whether a column named y is one of several binary columns, rather than a column of class numbers."""
    if plain(name) != "y" or binary_column(columns.cells[name], missing) is None:
        return False
    return any(binary_column(columns.cells[other], missing) is not None for other in rest if other != name)


def _refuse_unclear(columns: Columns, binary: dict[str, BinaryColumn], flags: Sequence[str]) -> None:
    """Refuse to guess which binary columns are classes.

    Raises:
        InputError: their values are written differently, or some have names that suggest they are not classes.
    """
    kinds = {column.words for column in binary.values()}
    others = [name for name in columns.cells if is_flag(name)]
    left = [name for name in binary if name not in flags]
    if len(kinds) > 1:
        pair = [next(name for name, column in binary.items() if column.words == kind) for kind in sorted(kinds)[:2]]
        problem = f"columns {pair[0]!r} and {pair[1]!r} write yes and no differently"
    elif others and left:
        problem = (
            f"column {others[0]!r} does not look like a class by its name, and the others may not be classes either"
        )
    else:
        return
    raise InputError(
        f"{columns.path.name}: {problem}; pass the columns that are classes: {flag('label_columns')} {_quoted(left)}"
    )


def _repeated(columns: Columns, rest: Sequence[str]) -> list[str]:
    """Return the columns that may hold one label per row: values repeat and are not measurements."""
    found = []
    for name in rest:
        texts = [text_of(cell) for cell in columns.cells[name] if isinstance(cell, str | int)]
        counts = Counter(texts)
        alone = [other for other in rest if not is_index(other) or other.startswith("column ")] == [name]
        whole = alone and all(text.lstrip("-").isdecimal() for text in counts if text)
        headless = len(columns.cells) == 2 and name.startswith("column ")
        if (
            headless
            or (whole and 2 * len(counts) <= len(texts))
            or (len(counts) > 1 and 2 * len(counts) <= len(texts) and not all(map(_is_number, counts)))
        ):
            found.append(name)
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return not text
    return True


def _no_labels(columns: Columns, rest: Sequence[str]) -> str:
    names = [name for name in rest if not all(_is_number(text_of(cell)) for cell in columns.cells[name])]
    example = f", e.g. {flag('label_columns')} {_quoted(names[:1])}" if names else ""
    return (
        f"{columns.path.name}: no column of labels (looked for {', '.join(LABEL_NAMES[:6])}, ... and columns of 0 and "
        f"1); the header has {columns.header()}: name the column, or one per class, with {flag('label_columns')}"
        f"{example}"
    )


def _named(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{preview(list(names), shown=3)} ({len(names)} columns)"


def _quoted(names: Sequence[str]) -> str:
    text = ",".join(names)
    return f"'{text}'" if not text.replace(",", "").replace("_", "").isalnum() else text
