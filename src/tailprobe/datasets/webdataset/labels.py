"""Parse the labels of WebDataset samples."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tailprobe.datasets.storage.image_files import preview
from tailprobe.datasets.storage.url import Source
from tailprobe.errors import InputError
from tailprobe.labels import Labels

LABELS = ("cls", "json", "txt")  # extensions of label members, most reliable first
KEYS = ("label", "labels", "tags")  # keys of labels in a .json, tried in this order


def label_cell(data: bytes, ending: str, *, where: str, label: str | None, names: Sequence[str] | None) -> Any:  # noqa: ANN401
    """Parse a label member to a string or a list of strings; class numbers are replaced by `names`, if given.

    Args:
        data: the content of the member.
        ending: "cls", "json" or "txt".
        where: the member, for messages.
        label: the key within a .json, by default the first of `KEYS` that exists.
        names: class names, indexed by class number.

    Raises:
        InputError: the member is not UTF-8 or not valid JSON, has no such key, or a class number has no name.

    >>> label_cell(b'{"labels": [1, 0]}', "json", where="s.tar!1.json", label=None, names=["sea", "sand"])
    ['sand', 'sea']
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: the label is not UTF-8 ({error}); write it as text") from error
    if ending == "txt":
        return text.strip()
    if ending == "cls":
        return [_named(text.strip(), names, where)] if text.strip() else []
    found = _in_json(text, label, where)
    if isinstance(found, list):
        return [_named(_word(item, where), names, where) for item in found]
    return found if isinstance(found, str) and names is None else _named(_word(found, where), names, where)


def group_cell(data: bytes, key: str, *, where: str) -> str:
    """Return the group of a sample: the value of a key in its .json, "" if it has none.

    Raises:
        InputError: the member is not valid JSON, or the value is a list or an object.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not readable JSON ({error}); write it again") from error
    value = found.get(key) if isinstance(found, dict) else None
    if isinstance(value, dict | list):
        raise InputError(f"{where}: {key!r} is {value!r:.60}; expected the name or number of a group")
    return "" if value is None else str(value)


def read_classes(path: Source) -> tuple[str, ...]:
    """Read class names, one per line, the first for class number 0. Empty lines at the end are ignored.

    Raises:
        InputError: the file is missing or not UTF-8, or has an empty line between names or a repeated name.
    """
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").rstrip().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected class names, one per line, UTF-8 ({error}); check the path") from error
    first: dict[str, int] = {}
    for number, line in enumerate(lines):
        if not line or first.setdefault(line, number) != number:
            what = f"{line!r} is repeated" if line else "the line is empty"
            raise InputError(f"{path}, line {number + 1}: {what}; expected a distinct class name on each line")
    return tuple(lines)


def class_names(cells: Sequence[Any], names: Sequence[str] | None) -> tuple[list[str] | None, tuple[str, ...]]:
    """Return the classes of `names` that occur in labels, in order, and a note on the others; None without names.

    A string that has not been split into tags yet may name any class, so all names are kept then.
    """
    if names is None:
        return None, ()
    known = set(names)
    used = {tag for cell in cells for tag in (cell if isinstance(cell, list) else [cell])}
    unused = [name for name in names if name not in used]
    if not used <= known or not unused:  # an unknown one may be several tags in one string, or is reported later
        return list(names), ()
    note = f"{len(unused):,} of {len(names):,} classes have no image and are left out: {preview(unused)}"
    return [name for name in names if name in used], (note,)


def sort_numeric_classes(labels: Labels) -> Labels:
    """Sort classes in numeric order if all of them are numbers; otherwise return the labels unchanged.

    >>> sort_numeric_classes(Labels.from_tags([["10"], ["9"]])).classes
    ('9', '10')
    """
    if not all(name.isdecimal() for name in labels.classes):
        return labels
    order = np.array(sorted(range(len(labels.classes)), key=lambda c: int(labels.classes[c])), dtype=np.int64)
    return replace(labels, matrix=labels.matrix[:, order], classes=tuple(labels.classes[c] for c in order))


def _in_json(text: str, label: str | None, where: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not readable JSON ({error}); write it again") from error
    if not isinstance(found, dict):
        return found
    key = next((key for key in ([label] if label is not None else KEYS) if key in found), None)
    if key is None:
        wanted = f"not {label!r}" if label is not None else f"none of {', '.join(KEYS)}"
        has = preview([repr(name) for name in found], shown=10) or "nothing"
        raise InputError(f"{where}: has {has} but {wanted}; name the key of the label with --label-columns")
    return found[key]


def _word(item: object, where: str) -> str:
    if isinstance(item, bool) or not isinstance(item, str | int):
        raise InputError(
            f"{where}: the label holds {item!r:.60}; expected a class name, a class number, or a list of them"
        )
    return str(item)


def _named(word: str, names: Sequence[str] | None, where: str) -> str:
    if names is None or not word.removeprefix("-").isdecimal():
        return word  # a name, which is checked against the classes later
    if not 0 <= int(word) < len(names):
        raise InputError(
            f"{where}: class number {word} has no name; the list has {len(names):,} names, for 0 to "
            f"{len(names) - 1:,}: add the missing ones"
        )
    return names[int(word)]
