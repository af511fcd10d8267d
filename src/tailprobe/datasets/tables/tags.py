"""The label table: from cells to labels, without opening images."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tailprobe.datasets.storage.image_files import clean_name, preview
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.cells import split_cells
from tailprobe.datasets.tables.columns import Columns, read_columns
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, OnUnknownTag, TableOptions
from tailprobe.errors import InputError
from tailprobe.labels import Kind, Labels
from tailprobe.parts import parse_part
from tailprobe.registry import did_you_mean

NAME_COLUMNS = [
    *("image_name", "image", "filename", "file_name", "file", "image_path", "path"),
    *("image_file", "img", "image_id", "name", "id"),
]
TAG_COLUMNS = ["tags", "labels", "label", "tag", "class", "classes", "category", "categories", "target"]
PART_COLUMNS = ["split", "part", "partition", "subset", "set", "fold"]


@dataclass(frozen=True, eq=False)
class TagTable:
    """N images of a label table."""

    names: tuple[str, ...]  # (N,) distinct, as relative posix paths
    labels: Labels  # (N, C)
    given_parts: tuple[str, ...] | None  # (N,) "train" | "validation" | "test"
    where: tuple[str, ...]  # (N,) "train_v2.csv, row 1465", for messages
    notes: tuple[str, ...]  # what was changed or left out, for the user
    groups: tuple[str, ...] | None = None  # (N,) the cells of the column of groups


def read_tags(table: Source, options: TableOptions = DEFAULT_TABLE_OPTIONS) -> TagTable:
    """Read the names, labels and parts of a CSV, TSV or Parquet table.

    Columns not named are looked for among `NAME_COLUMNS`, `TAG_COLUMNS` and `PART_COLUMNS`. Without a column of tags,
    remaining columns that hold only 0 and 1 are taken as one class each. A cell of tags is split at spaces, or at the
    one of `,` `;` `|` that the column uses; a Parquet list is taken as it is. A tag that a row repeats counts once.

    Raises:
        InputError: a column is missing, a row is malformed or named twice, a tag is unknown, a class has no image, or
            a single-label row does not have exactly one tag.
    """
    return tag_table(read_columns(table), options)


def tag_table(columns: Columns, options: TableOptions = DEFAULT_TABLE_OPTIONS) -> TagTable:
    """Return the names, labels and parts of columns that have been read already; see `read_tags`."""
    name_column = _only(columns, options.name_column, NAME_COLUMNS, option="name_column", what="image names")
    names = [clean_name(str(cell or ""), where=columns.where(n)) for n, cell in enumerate(columns.cells[name_column])]
    _refuse_duplicates(columns, names)
    part_column, parts, part_notes = _parts(columns, options.part_column)
    groups = _groups(columns, options.group_column)
    tags, listed, tag_notes = _tags(columns, {name_column, part_column, options.group_column}, options)
    classes = options.classes if options.classes is not None else listed
    kept, skip_notes = _known(columns, tags, classes, options.on_unknown_tag)
    tags = [tags[n] for n in kept]
    where = tuple(columns.where(n) for n in kept)
    labels, label_notes = _labels(columns.path.name, where, tags, classes, options.kind)
    return TagTable(
        tuple(names[n] for n in kept),
        labels,
        None if parts is None else tuple(parts[n] for n in kept),
        where,
        part_notes + tag_notes + skip_notes + label_notes,
        None if groups is None else tuple(groups[n] for n in kept),
    )


def _only(columns: Columns, given: str | None, usual: Sequence[str], *, option: str, what: str) -> str:
    found = columns.find(given, usual)
    if not found:
        raise InputError(
            f"{columns.path.name}: no column of {what} (looked for {', '.join(usual)}); "
            f"the header has {columns.header()}: rename the column or name it by {option}"
        )
    return found[0]


def _refuse_duplicates(columns: Columns, names: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for n, name in enumerate(names):
        if first.setdefault(name, n) != n:
            earlier = columns.rows[first[name]]
            raise InputError(f"{columns.where(n)}: image {name!r} is already in row {earlier}; keep one row per image")


def _parts(columns: Columns, given: str | None) -> tuple[str | None, list[str] | None, tuple[str, ...]]:
    """Return the column of parts, if there is one, the part of each row, and notes."""
    found = columns.find(given, PART_COLUMNS)
    if not found:
        return None, None, ()
    words = [str(cell) for cell in columns.cells[found[0]]]
    parts = [parse_part(word) for word in words]
    known = [part for part in parts if part is not None]
    if len(known) == len(parts):
        return found[0], known, (f"parts taken from column {found[0]!r}",)
    n = parts.index(None)
    if given is None and not known:  # a fold number or the like, which the user did not name
        return found[0], None, (f"column {found[0]!r} is not used as a split: it holds {words[n]!r}",)
    raise InputError(
        f"{columns.where(n)}: {words[n]!r} in column {found[0]!r} is not a part; expected train, validation or test"
    )


def _groups(columns: Columns, given: str | None) -> list[str] | None:
    """Return the group of each row.

    Raises:
        InputError: there is no such column, or a row has an empty cell.
    """
    if given is None:
        return None
    (name,) = columns.find(given, ())
    groups = ["" if cell is None else str(cell).strip() for cell in columns.cells[name]]
    if "" in groups:
        raise InputError(
            f"{columns.where(groups.index(''))}: the group column {name!r} is empty; name a group for every image, "
            "one of its own where it belongs to none"
        )
    return groups


def _tags(
    columns: Columns, taken: set[str | None], options: TableOptions
) -> tuple[list[list[str]], list[str] | None, tuple[str, ...]]:
    """Return the tags of each row, the classes where columns list them, and notes."""
    found = columns.find(options.tags_column, TAG_COLUMNS)
    rest = {name: cells for name, cells in columns.cells.items() if name not in taken}
    if len(found) > 1:
        raise InputError(f"{columns.path.name}: columns {found} could all hold tags; name one by tags_column")
    if found:
        whole = options.kind == "single-label"
        tags, notes = split_cells(columns, found[0], separator=options.separator, whole=whole)
        return tags, None, notes
    if rest and all(_is_one_hot(cells) for cells in rest.values()):
        matrix = np.array([[float(cell) > 0 for cell in cells] for cells in rest.values()]).T
        classes = list(rest)
        tags = [[classes[c] for c in np.flatnonzero(row)] for row in matrix]
        return tags, classes, (f"{len(classes)} columns of 0 and 1 taken as a class each",)
    _only(columns, options.tags_column, TAG_COLUMNS, option="tags_column", what="tags")
    raise AssertionError("unreachable: _only raises where nothing is found")


def _is_one_hot(cells: Sequence[Any]) -> bool:
    return all(str(cell) in ("0", "1", "0.0", "1.0", "True", "False") for cell in cells)


def _known(
    columns: Columns, tags: Sequence[Sequence[str]], classes: Sequence[str] | None, on_unknown_tag: OnUnknownTag
) -> tuple[list[int], tuple[str, ...]]:
    """Return the rows all of whose tags are among `classes`, and notes on the others."""
    if classes is None:
        return list(range(len(tags))), ()
    known = set(classes)
    unknown = {n: tag for n, row in enumerate(tags) for tag in row if tag not in known}
    if not unknown:
        return list(range(len(tags))), ()
    n, tag = next(iter(unknown.items()))
    if on_unknown_tag == "error":
        near = did_you_mean(tag, classes) or "."
        raise InputError(
            f"{columns.where(n)}: tag {tag!r} is not among the {len(known)} classes{near} "
            "Pass --on-unknown-tag skip to leave such rows out."
        )
    listed = preview(sorted(set(unknown.values())))
    note = f"{len(unknown)} rows left out for tags that are not among the {len(known)} classes: {listed}"
    return [n for n in range(len(tags)) if n not in unknown], (note,)


def _labels(
    table: str,
    where: Sequence[str],
    tags: Sequence[Sequence[str]],
    classes: Sequence[str] | None,
    kind: Kind | Literal["auto"],
) -> tuple[Labels, tuple[str, ...]]:
    notes = _notes_on_repeated_tags(where, tags)
    distinct = [dict.fromkeys(row) for row in tags]
    single = all(len(row) == 1 for row in distinct)
    if kind == "single-label" and not single:
        n = next(n for n, row in enumerate(distinct) if len(row) != 1)
        raise InputError(
            f"{where[n]}: single-label, but the row names {len(distinct[n])} classes; correct it or pass multi-label"
        )
    if kind == "auto" and single:
        notes += ("every row names exactly one tag: read as single-label",)
    untagged = [n for n, row in enumerate(distinct) if not row]
    if untagged:
        notes += (f"{len(untagged)} rows name no tag and are kept as images of no class (first: {where[untagged[0]]})",)
    labels = Labels.from_tags(
        distinct, classes=classes, kind="single-label" if single and kind != "multi-label" else "multi-label"
    )
    empty = [name for name, count in zip(labels.classes, labels.counts, strict=True) if count == 0]
    if empty or not labels.classes:
        what = f"no image carries class {empty[0]!r}" if empty else "no image carries any class"
        raise InputError(f"{table}: {what}; leave it out of the classes or add images")
    return labels, notes


def _notes_on_repeated_tags(where: Sequence[str], tags: Sequence[Sequence[str]]) -> tuple[str, ...]:
    repeated = [n for n, row in enumerate(tags) if len(set(row)) < len(row)]
    if not repeated:
        return ()
    occurrences = Counter(tag for row in tags for tag in row)
    images = Counter(tag for row in tags for tag in set(row))
    changed = sorted(
        (tag for tag in occurrences if occurrences[tag] > images[tag]), key=lambda tag: images[tag] - occurrences[tag]
    )
    counts = [f"{tag} {images[tag]} instead of {occurrences[tag]}" for tag in changed]
    return (
        f"{len(repeated)} rows repeat a tag, counted once (first: {where[repeated[0]]}); this makes {preview(counts)}",
    )
