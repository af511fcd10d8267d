"""Convert the cells of a label table to labels, without opening images."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tailprobe.datasets.storage.image_files import clean_name, preview
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.cells import split_cells
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.files import read_columns
from tailprobe.datasets.tables.long_form import merge_rows
from tailprobe.datasets.tables.match import ImageNames, drop_steps, posix
from tailprobe.datasets.tables.one_hot import one_hot_tags
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, OnUnknownTag, TableOptions, flag
from tailprobe.datasets.tables.parts import LEAVE_OUT
from tailprobe.datasets.tables.present import only_present
from tailprobe.datasets.tables.roles import TableRoles, find_roles, missing_words, possible_group
from tailprobe.datasets.tables.rows import Rows
from tailprobe.datasets.tables.usual import is_singular
from tailprobe.errors import InputError
from tailprobe.labels import Kind, Labels
from tailprobe.registry import did_you_mean

_MANY = 100  # binary columns; fewer may be classes even if there are fewer images


@dataclass(frozen=True, eq=False)
class TagTable:
    """N images of a label table."""

    names: tuple[str, ...]  # (N,) distinct, as relative posix paths
    labels: Labels  # (N, C)
    given_parts: tuple[str, ...] | None  # (N,) "train" | "validation" | "test"
    where: tuple[str, ...]  # (N,) "train_v2.csv, row 1465", for messages
    notes: tuple[str, ...]  # what was changed or left out, shown to the user
    groups: tuple[str, ...] | None = None  # (N,) patients, scenes, ...


def read_tags(
    table: Source | Columns, options: TableOptions = DEFAULT_TABLE_OPTIONS, images: ImageNames | None = None
) -> TagTable:
    """Read the names, labels, parts and groups of a label table.

    The role of each column is given by the options, else by its content and name, see
    `tailprobe.datasets.tables.roles`; the roles are the first note. A label that a row repeats counts once. A
    table in long form, with one row per image and label, is merged.

    Args:
        table: a file in any format of `read_columns`, or its columns if they have been read already.
        options: how it is read.
        images: the available images, if they are known.

    Raises:
        InputError: a column is missing, a row is malformed or named twice, a tag is unknown, a class has no image, or
            a single-label row has more than one tag.
    """
    if isinstance(table, Columns):
        return tag_table(table, options, images)
    is_image = (lambda name: False) if images is None else images.has
    return tag_table(read_columns(table, is_image), options, images)


def tag_table(
    columns: Columns, options: TableOptions = DEFAULT_TABLE_OPTIONS, images: ImageNames | None = None
) -> TagTable:
    """Return the names, labels, parts and groups of a table that has been read already; see `read_tags`."""
    roles = find_roles(columns, options, images)
    rows, how, notes = _rows(columns, roles, options, images)
    rows = rows.without(LEAVE_OUT)
    rows, merged = merge_rows(rows, options.kind)
    classes = options.classes if options.classes is not None else (list(roles.one_hot) or None)
    rows, unknown = _known(rows, classes, options.on_unknown_tag)
    rows, labels, label_notes = _labels(columns.path.name, rows, classes, roles, options)
    described = f"{columns.path.name}: {roles.describe(how)}"
    hints = _hints(roles, options) + _many_classes(labels, roles)
    return TagTable(
        tuple(rows.names),
        labels,
        None if rows.parts is None else tuple(rows.parts),
        tuple(rows.where),
        (described, *columns.notes, *notes, *merged, *unknown, *label_notes, *hints),
        None if rows.groups is None else tuple(rows.groups),
    )


def _rows(
    columns: Columns, roles: TableRoles, options: TableOptions, images: ImageNames | None
) -> tuple[Rows, str, tuple[str, ...]]:
    """Return the rows, how the cells of labels were split, and notes."""
    missing = missing_words(options)
    names = _names(columns, roles.image, images)
    part = roles.part
    how, notes = "", () if part is None else part.notes
    unknown: list[list[str]] | None = None
    if roles.one_hot:
        one_hot = one_hot_tags(columns, roles.one_hot, options)
        tags, unknown, kept = one_hot.tags, one_hot.unknown, one_hot.kept
        notes += one_hot.notes
    else:
        _refuse_measurements(columns, roles.tags)
        split = [split_cells(columns, name, options, missing) for name in roles.tags]
        tags = [[tag for cells in row for tag in cells] for row in zip(*(each.tags for each in split), strict=True)]
        kept, how = list(range(len(columns))), split[0].how
        tags, present = only_present(columns, roles.presence, tags, missing)
        notes += tuple(note for each in split for note in each.notes) + _missing_note(columns, roles, options) + present
    rows = Rows(
        names,
        tags,
        None if part is None or part.parts is None else list(part.parts),
        None if roles.group is None else _groups(columns, roles.group, names),
        [columns.where(n) for n in range(len(columns))],
        unknown,
    )
    return rows.only(kept), how, notes


def _refuse_measurements(columns: Columns, tags: Sequence[str]) -> None:
    """Refuse a column of measurements, as every value would become a class.

    Raises:
        InputError: most cells are numbers with decimals, and few values repeat.
    """
    for name in tags:
        texts = [text for cell in columns.cells[name] if (text := text_of(cell) if not isinstance(cell, list) else "")]
        fractions = [text for text in texts if re.fullmatch(r"-?\d*\.\d+(e-?\d+)?", text)]
        if 2 * len(fractions) > len(texts) and 2 * len(set(texts)) > len(texts) > 4:
            raise InputError(
                f"{columns.path.name}: column {name!r} holds measurements, such as {fractions[0]}, not classes; bin "
                f"them into classes, or name another column with {flag('label_columns')}"
            )


def _names(columns: Columns, column: str, images: ImageNames | None) -> list[str]:
    texts = [text_of(cell) for cell in columns.cells[column]]
    strip = 0 if images is None else images.common_steps(texts)
    names = [posix(drop_steps(text, strip)) if strip else text for text in texts]
    return [
        posix(name) if images is not None and name and name in images else _clean_name(name, columns.where(n), images)
        for n, name in enumerate(names)
    ]


def _clean_name(name: str, where: str, images: ImageNames | None) -> str:
    try:
        return clean_name(name, where=where)
    except InputError as error:
        near = [] if images is None else images.near(posix(name).rpartition("/")[2])
        raise InputError(f"{error} (near: {', '.join(map(repr, near))})" if near else str(error)) from None


def _groups(columns: Columns, column: str, names: Sequence[str]) -> list[str]:
    """Return the group of each row; an image without one is a group of its own."""
    texts = [text_of(cell) for cell in columns.cells[column]]
    return [text or f"image {name}" for text, name in zip(texts, names, strict=True)]


def _missing_note(columns: Columns, roles: TableRoles, options: TableOptions) -> tuple[str, ...]:
    """Return notes on words that were read as no label.

    Raises:
        InputError: most rows hold such a word, so it is more likely a class, and no option says which it is.
    """
    missing = missing_words(options)
    words = Counter(
        text
        for name in roles.tags
        for cell in columns.cells[name]
        if isinstance(cell, str) and (text := cell.strip()) in missing
    )
    for word, number in words.items():
        if 2 * number > len(columns) and options.missing_words is None and options.unlabelled == "auto":
            raise InputError(
                f"{columns.path.name}: {number:,} of {len(columns):,} rows hold {word!r}; pass "
                f"{flag('missing_words')} '' if it is a class, {flag('unlabelled')} leave-out if it means no label"
            )
    return tuple(
        f"{number:,} rows hold {word!r}, read as no label; if it is a class, pass {flag('missing_words')} ''"
        for word, number in words.items()
    )


def _known(rows: Rows, classes: Sequence[str] | None, on_unknown_tag: OnUnknownTag) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows whose tags are all among `classes`, and notes on the others."""
    if classes is None:
        return rows, ()
    known = set(classes)
    unknown = {n: tag for n, row in enumerate(rows.tags) for tag in row if tag not in known}
    if not unknown:
        return rows, ()
    n, tag = next(iter(unknown.items()))
    if on_unknown_tag == "error":
        near = did_you_mean(tag, classes) or "."
        raise InputError(
            f"{rows.where[n]}: tag {tag!r} is not among the {len(known)} classes{near} "
            f"Pass {flag('on_unknown_tag')} skip to leave such rows out."
        )
    listed = preview(sorted(set(unknown.values())))
    note = f"{len(unknown)} rows left out because they have tags that are not among the {len(known)} classes: {listed}"
    return rows.only([n for n in range(len(rows)) if n not in unknown]), (note,)


def _labels(
    table: str, rows: Rows, classes: Sequence[str] | None, roles: TableRoles, options: TableOptions
) -> tuple[Rows, Labels, tuple[str, ...]]:
    """Return the rows that are kept, their labels, and notes."""
    notes = _notes_on_repeated_tags(rows.where, rows.tags)
    rows = replace(rows, tags=[list(dict.fromkeys(row)) for row in rows.tags])
    kind, kind_notes = _kind(rows, roles, options)
    rows, left_out = _without_unlabelled(rows, kind, options)
    labels = Labels.from_tags(rows.tags, classes=classes, kind=kind, unknown=rows.unknown)
    labels, empty = _without_empty(table, labels, options)
    return rows, labels, notes + kind_notes + left_out + empty


def _kind(rows: Rows, roles: TableRoles, options: TableOptions) -> tuple[Kind, tuple[str, ...]]:
    """Return single-label if each labelled row has one class; unlabelled rows of binary columns mean multi-label."""
    several = next((n for n, row in enumerate(rows.tags) if len(row) > 1), None)
    if options.kind == "single-label" and several is not None:
        raise InputError(
            f"{rows.where[several]}: single-label, but the row names {len(rows.tags[several])} classes; correct it, or "
            f"pass {flag('kind')} multi-label"
        )
    if options.kind != "auto":
        return options.kind, ()
    if rows.unknown is not None:
        return "multi-label", (
            f"some cells are ignored, so an image may carry further classes: read as multi-label; pass "
            f"{flag('kind')} single-label if every image has one class",
        )
    unlabelled = sum(not row for row in rows.tags)
    plural = bool(roles.one_hot) or not any(map(is_singular, roles.tags))
    negative = options.unlabelled == "negative" or (bool(roles.one_hot) and options.unlabelled == "auto")
    if several is not None or unlabelled == len(rows) or (unlabelled and negative):
        return "multi-label", ()
    if unlabelled:
        more = f"; if an image may have no class or several, pass {flag('kind')} multi-label" if plural else ""
        return "single-label", (f"every labelled row names exactly one tag: read as single-label{more}",)
    return "single-label", ("every row names exactly one tag: read as single-label",)


def _without_unlabelled(rows: Rows, kind: str, options: TableOptions) -> tuple[Rows, tuple[str, ...]]:
    unlabelled = [n for n, row in enumerate(rows.tags) if not row]
    if not unlabelled:
        return rows, ()
    first, number = rows.where[unlabelled[0]], f"{len(unlabelled):,} rows name no tag"
    if kind == "single-label" and options.unlabelled == "negative":
        raise InputError(
            f"{first}: single-label, but the row names no class ({number}); pass {flag('unlabelled')} leave-out, or "
            f"{flag('kind')} multi-label to keep such images as images without any class"
        )
    if kind == "single-label" or options.unlabelled == "leave-out":
        left = f"{number} and are left out (first: {first})"
        return rows.only([n for n, row in enumerate(rows.tags) if row]), (left,)
    return rows, (f"{number} and are kept as images without any class (first: {first})",)


def _without_empty(table: str, labels: Labels, options: TableOptions) -> tuple[Labels, tuple[str, ...]]:
    """Leave out classes that no image carries, unless the user named them.

    Raises:
        InputError: the user named such a class, or no class is left.
    """
    empty = [name for name, count in zip(labels.classes, labels.counts, strict=True) if count == 0]
    if len(empty) == len(labels.classes):
        raise InputError(
            f"{table}: no image carries any class; label some images, or name the columns of labels with "
            f"{flag('label_columns')}"
        )
    if empty and options.classes is not None:
        raise InputError(
            f"{table}: no image carries class {empty[0]!r}; leave it out of {flag('classes')} or add images"
        )
    if not empty:
        return labels, ()
    kept = np.flatnonzero(labels.counts)
    fewer = labels.columns(kept)
    return fewer, (f"classes left out because no image carries them: {preview(empty, shown=10)}",)


def _many_classes(labels: Labels, roles: TableRoles) -> tuple[str, ...]:
    """Note that a table has more binary columns than rows, which are then more likely features than classes."""
    if roles.one_hot and len(labels.classes) > max(_MANY, len(labels)):
        return (
            f"{len(labels.classes):,} columns are read as classes of {len(labels):,} images; if they are not, name "
            f"those that are with {flag('label_columns')}",
        )
    return ()


def _hints(roles: TableRoles, options: TableOptions) -> tuple[str, ...]:
    group = possible_group(roles)
    if group is None or options.group_column is not None:
        return ()
    named = group if group.replace("_", "").isalnum() else f"'{group}'"
    return (
        f"column {group!r} may name groups of images that belong together; {flag('group_column')} {named} keeps each "
        "group in one part",
    )


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
        f"{len(repeated)} rows repeat a tag, which counts once (first: {where[repeated[0]]}); "
        f"images per tag: {preview(counts)}",
    )
