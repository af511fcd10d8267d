"""Precomputed embeddings in NumPy files: .npy with only the array, and .npz, with names and labels in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.datasets.tables.columns import Columns
from tailprobe.embeddings.precomputed.raw import VECTOR_NAMES, RawEmbeddings, as_vectors
from tailprobe.errors import InputError, how_to_read
from tailprobe.learners.class_text import ClassText

# Usual names of arrays, and the column names that the label table expects.
_ALIASES = {
    **dict.fromkeys(("names", "image_names", "filenames", "file_names", "files", "paths", "ids"), "image_name"),
    **dict.fromkeys(("y", "targets"), "label"),
    **dict.fromkeys(("splits", "parts"), "split"),
}
_TEXT = "text"  # embeddings of the class names
_LABELS = ("labels", "label", "y", "targets", "target", "tags")


def read_npy(path: Path) -> RawEmbeddings:
    """Read an .npy file, memory-mapped; it contains only the array.

    Raises:
        InputError: the file is damaged, holds pickled objects, or no embeddings, see `as_vectors`.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a header is read as Python text: TokenError, RecursionError, MemoryError, ...
        raise _unreadable(path, error) from None
    if not isinstance(array, np.ndarray):  # an archive with the wrong suffix
        raise InputError(f"{path}: is an archive of arrays; name it .npz")
    return RawEmbeddings(as_vectors(array, where=path.name), None)


def read_npz(path: Path, *, vectors: str | None = None) -> RawEmbeddings:
    """Read an .npz file: the embeddings, and every array with one entry per row as a column.

    The embeddings may be integers with a `scale`. Labels may be names, numbers (of `classes`, if there is such
    an array), or a matrix (N, C) of 0 and 1 with `classes`. An array `text`, (C, D), holds the embedded names of
    `classes`.

    Args:
        path: the file.
        vectors: the array of embeddings; by default one of `VECTOR_NAMES`, else the only one of two dimensions.

    Raises:
        InputError: the file is damaged, holds pickled objects, or no embeddings, or the labels do not fit them.
    """
    arrays = _load(path)
    name = vectors if vectors is not None else _only_vectors(arrays, path)
    if name not in arrays:
        raise InputError(f"{path.name}: there is no array {name!r}; it holds {', '.join(map(repr, arrays))}")
    found = as_vectors(arrays[name], where=f"{path.name}, array {name!r}", scale=arrays.get("scale"))
    rest = {key: array for key, array in arrays.items() if key not in (name, "scale", "classes", _TEXT)}
    classes = _texts(arrays["classes"], path, "classes") if "classes" in arrays else None
    cells = {}
    for key, array in rest.items():
        if array.ndim >= 1 and len(array) == len(found):
            cells[_ALIASES.get(key.lower(), key)] = _cells(key, array, classes, path)
        elif key.lower() in _LABELS or _ALIASES.get(key.lower()) is not None:
            raise InputError(
                f"{path.name}: array {key!r} has shape {array.shape}, but there are {len(found)} embeddings; "
                "expected an entry for each"
            )
    columns = Columns(path, cells, range(len(found))) if cells else None
    text = _class_text(arrays[_TEXT], classes, found.shape[1], path) if _is_class_text(arrays) else None
    return RawEmbeddings(found, columns, None if classes is None else tuple(classes), text)


def _is_class_text(arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether the array `text` holds vectors; one of strings is left aside, as any column that is not known."""
    return _TEXT in arrays and arrays[_TEXT].dtype.kind in "fiu"


def _class_text(array: np.ndarray, classes: Sequence[str] | None, width: int, path: Path) -> ClassText:
    if classes is None or array.shape != (len(classes), width):
        named = "there is no array 'classes'" if classes is None else f"'classes' names {len(classes)}"
        raise InputError(
            f"{path.name}: array {_TEXT!r} of embedded class names has shape {array.shape}, {named}, and embeddings "
            f"have {width} columns; expected a row of {width} numbers for each of 'classes'"
        )
    return ClassText(tuple(classes), as_vectors(array, where=f"{path.name}, array {_TEXT!r}").astype(np.float32))


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.ndarray):
                return {name: archive[name] for name in archive.files}
    except Exception as error:  # a header is read as Python text: TokenError, RecursionError, MemoryError, ...
        raise _unreadable(path, error) from None
    raise InputError(f"{path}: is a single array; name it .npy")


def _only_vectors(arrays: Mapping[str, np.ndarray], path: Path) -> str:
    usual = [name for name in VECTOR_NAMES if name in arrays]
    others = [name for name, array in arrays.items() if array.ndim == 2 and name.lower() not in (*_LABELS, _TEXT)]
    if usual:
        return usual[0]
    if len(others) == 1:
        return others[0]
    raise InputError(
        f"{path.name}: which array holds the embeddings is not clear; it holds {', '.join(map(repr, arrays))}: "
        f"call it 'embeddings' or name it with --read embedding_column=NAME"
    )


def _cells(name: str, array: np.ndarray, classes: Sequence[str] | None, path: Path) -> list[Any]:
    """Return one cell per row: text, a number, or the list of tags that a row of 0 and 1 selects."""
    if array.ndim == 1:
        if name.lower() in _LABELS and array.dtype.kind in "iu" and classes is not None:
            return _of_numbers(array, classes, path)
        if name.lower() in _LABELS and array.dtype.kind == "f":
            return _whole(name, array, path)
        return _texts(array, path, name) if array.dtype.kind in "SU" else array.tolist()
    if array.ndim != 2 or not np.isin(array, (0, 1)).all():
        raise InputError(f"{path.name}: array {name!r} of shape {array.shape} holds neither labels nor 0 and 1")
    if classes is None or len(classes) != array.shape[1]:
        has = "there is none" if classes is None else f"it has {len(classes)}"
        raise InputError(
            f"{path.name}: array {name!r} has {array.shape[1]} columns; expected an array 'classes' that names "
            f"them, and {has}"
        )
    return [[classes[c] for c in np.flatnonzero(row).tolist()] for row in array]


def _whole(name: str, array: np.ndarray, path: Path) -> list[Any]:
    """Return labels that are stored as floating point, whole ones as whole numbers."""
    missing = np.flatnonzero(np.isnan(array))
    if len(missing):
        raise InputError(
            f"{path.name}: array {name!r} is NaN, no label, in {len(missing)} rows, the first row {missing[0]}; leave "
            "these rows out, or give a table of labels"
        )
    return [int(value) if float(value).is_integer() else value for value in array.tolist()]


def _of_numbers(array: np.ndarray, classes: Sequence[str], path: Path) -> list[list[str]]:
    if array.min() < 0 or array.max() >= len(classes):
        bad = int(np.flatnonzero((array < 0) | (array >= len(classes)))[0])
        raise InputError(f"{path.name}: row {bad} has label {array[bad]}, but 'classes' names {len(classes)}")
    return [[classes[int(number)]] for number in array]


def _texts(array: np.ndarray, path: Path, name: str) -> list[str]:
    if array.dtype.kind not in "SU" or array.ndim != 1:
        raise InputError(f"{path.name}: array {name!r} is {array.dtype} of shape {array.shape}; expected texts")
    try:
        return [text.decode() if isinstance(text, bytes) else text for text in array.tolist()]
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: array {name!r} is not UTF-8 ({error.reason}); store it as text") from None


def _unreadable(path: Path, error: Exception) -> InputError:
    if any(sign in str(error) for sign in ("allow_pickle", "pickled", "Python objects")):
        return InputError(
            f"{path}: holds pickled objects, which are code and are not loaded; "
            "store embeddings as float32, names and labels as texts (dtype 'U')"
        )
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    way_out = how_to_read(error, "write it again with numpy.save or savez")
    return InputError(f"{path}: cannot be read as numpy's arrays ({reason}); {way_out}")
