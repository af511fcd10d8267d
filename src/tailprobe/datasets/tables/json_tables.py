"""Label tables in JSON: JSON lines, a list of objects, COCO annotations, exports of Label Studio."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import Columns
from tailprobe.errors import InputError, how_to_read

LINES = (".jsonl", ".ndjson")


def read_json(path: Source) -> Columns:
    """Read a table in JSON: JSON lines (.jsonl), a list of objects, columns as lists, COCO or Label Studio.

    Raises:
        InputError: the file cannot be read, is not valid JSON, or has another structure.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        expected = how_to_read(error, "expected JSON in UTF-8")
        raise InputError(f"{path}: cannot be read ({error}); {expected}") from error
    if PurePath(path.name.lower()).suffix in LINES:
        return _of_records(path, _lines(path, text))
    found = _parsed(text, str(path))
    if isinstance(found, Mapping) and "images" in found and "annotations" in found:
        return _of_coco(path, found)
    if isinstance(found, list) and found and all(_is_task(item) for item in found):
        return _of_records(path, [_of_task(item) for item in found])
    if isinstance(found, list):
        return _of_records(path, found)
    if isinstance(found, Mapping) and found:
        return _of_mapping(path, found)
    raise InputError(f"{path}: expected a list of objects with an image and its labels, or COCO annotations")


def _lines(path: Source, text: str) -> list[Any]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return [_parsed(line, f"{path.name}, line {number}") for number, line in lines]


def _parsed(text: str, where: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not valid JSON ({error}); write it again") from error


def _of_records(path: Source, records: Sequence[Any]) -> Columns:
    for number, record in enumerate(records, 1):
        if not isinstance(record, Mapping):
            raise InputError(f"{path.name}, record {number}: expected an object, got {record!r:.60}")
    names = dict.fromkeys(name for record in records for name in record)
    cells = {name: [record.get(name) for record in records] for name in names}
    return Columns(path, cells, range(1, len(records) + 1))


def _of_mapping(path: Source, found: Mapping[str, Any]) -> Columns:
    """Read an object of columns of equal length, as pandas writes it, or of image -> labels."""
    values = list(found.values())
    if all(isinstance(value, list) for value in values) and len(found) < 20 and len({len(v) for v in values}) == 1:
        return Columns(path, dict(found), range(1, len(values[0]) + 1))
    if all(isinstance(value, Mapping) for value in values) and len({frozenset(value) for value in values}) == 1:
        cells = {name: list(column.values()) for name, column in found.items()}
        return Columns(path, cells, range(1, len(values[0]) + 1))
    return Columns(path, {"image": list(found), "labels": values}, range(1, len(found) + 1))


def _of_coco(path: Source, found: Mapping[str, Any]) -> Columns:
    try:
        categories = {item["id"]: str(item["name"]) for item in found.get("categories", [])}
        images = {item["id"]: str(item["file_name"]) for item in found["images"]}
        labels: dict[Any, list[str]] = {key: [] for key in images}
        for item in found["annotations"]:
            if item["image_id"] in labels:  # others refer to images that the file does not list
                name = _category(path, item["category_id"], categories)
                if name not in labels[item["image_id"]]:
                    labels[item["image_id"]].append(name)
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not valid COCO annotations ({type(error).__name__}: {error}); export them again"
        ) from error
    cells: dict[str, list[Any]] = {"file_name": list(images.values()), "labels": list(labels.values())}
    return Columns(path, cells, range(1, len(images) + 1), [f"{path.name}, image {name}" for name in images.values()])


def _category(path: Source, number: object, categories: Mapping[Any, str]) -> str:
    if number not in categories:
        raise InputError(
            f"{path}: an annotation has category {number!r}, which is not among the {len(categories)} "
            "categories of the file; correct the annotation or add the category"
        )
    return categories[number]


def _is_task(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("data"), Mapping)
        and isinstance(item.get("annotations"), list)
    )


def _of_task(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a Label Studio task, with the choices of its first annotation that was not cancelled."""
    made = [item for item in task["annotations"] if isinstance(item, Mapping) and not item.get("was_cancelled")]
    results = made[0].get("result") if made else None
    items = results if isinstance(results, list) else []
    values = [item["value"] for item in items if isinstance(item, Mapping) and isinstance(item.get("value"), Mapping)]
    chosen = [word for value in values for word in _choices(value)]
    return {**task["data"], "labels": list(dict.fromkeys(chosen)) if made else None}


def _choices(value: Mapping[str, Any]) -> list[str]:
    kinds = ("choices", "labels", "rectanglelabels", "polygonlabels", "brushlabels", "keypointlabels", "ellipselabels")
    return [str(word) for kind in kinds if isinstance(value.get(kind), list) for word in value[kind]]
