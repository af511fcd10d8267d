"""Embeddings of one's own, made elsewhere: read with their labels, and ready for a comparison."""

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.file_source import Location
from tailprobe.datasets.storage.image_files import clean_name, shorten
from tailprobe.datasets.storage.url import is_url
from tailprobe.datasets.tables.columns import Columns, read_columns
from tailprobe.datasets.tables.tags import NAME_COLUMNS, TagTable, tag_table
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.own_arrays import read_npy, read_npz
from tailprobe.embeddings.own_tables import has_vectors, read_table
from tailprobe.embeddings.own_vectors import Stored, as_vectors
from tailprobe.embeddings.shard import file_digest
from tailprobe.errors import InputError
from tailprobe.labels import Kind, Labels
from tailprobe.registry import did_you_mean

FORMAT = "embeddings"  # what --format calls them
NO_PIXELS = "none"  # the `bands` of images that are known by their embeddings alone


def read_embeddings(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    encoder: str | None = None,
    standardise: bool = False,
    embedding_column: str | None = None,
    name_column: str | None = None,
    tags_column: str | None = None,
    part_column: str | None = None,
    separator: str | None = None,
    classes: Sequence[str] | None = None,
    kind: Kind | Literal["auto"] = "auto",
) -> tuple[Embeddings, LabeledImages]:
    """Read embeddings that were made elsewhere, with their labels.

    The images have names and labels but no pixels: their `bands` are `NO_PIXELS` and every location is the file read.

    Args:
        path: .npy (memory-mapped), .npz, Parquet, a .lance folder (needs `pylance`), or a folder that Hugging Face
            `datasets` saved.
        labels: a table of names and tags, CSV or Parquet. It is put to the embeddings by name where their file names
            them, else row by row. Without it names, labels and parts are taken from the file itself.
        encoder: what to call the encoder; by default the file's name without its ending.
        standardise: heads should see the numbers standardised by the training part.
        embedding_column: the column or array of embeddings, where that is not clear.
        name_column, tags_column, part_column, separator, classes, kind: see `tailprobe.datasets.tables.tags.read_tags`.

    Returns:
        Embeddings and images, row for row the same.

    Raises:
        InputError: the file is missing, damaged or of no known kind, holds pickled objects, no embeddings or numbers
            that are not finite; names are double; rows and labels do not fit; or as `read_tags`.
    """
    path = Path(path)
    stored = _read(path, embedding_column)
    options: dict[str, Any] = {
        "name_column": name_column,
        "tags_column": tags_column,
        "part_column": part_column,
        "separator": separator,
        "classes": classes if classes is not None else stored.classes,
        "kind": kind,
    }
    if labels is None:
        table, notes = _own_labels(path, stored, options)
    else:
        table, notes = _join(path, stored, Path(labels), options)
    digest = _digest(path, table.names, embedding_column)
    embeddings = Embeddings(stored.vectors, table.names, encoder or encoder_name(path), digest, standardise)
    images = _images(table.names, table.labels, path, table.given_parts, notes + table.notes)
    return embeddings, images


def own_embeddings(
    vectors: np.ndarray,
    labels: Labels,
    *,
    names: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
    encoder: str = "own",
    standardise: bool = False,
) -> tuple[Embeddings, LabeledImages]:
    """Take embeddings and labels that are in memory.

    Args:
        vectors: (N, D) real numbers.
        labels: of the N rows.
        names: (N,) distinct; by default "row 0" and so on.
        parts: (N,) "train", "validation" or "test".

    Raises:
        InputError: the array is no embeddings, see `as_vectors`, or rows, labels, names and parts do not fit.
    """
    found = as_vectors(vectors, where=encoder)
    given = tuple(f"row {i}" for i in range(len(found))) if names is None else tuple(names)
    for what, number in (("labels", len(labels)), ("names", len(given)), ("parts", len(parts or given))):
        if number != len(found):
            raise InputError(f"{encoder}: {len(found)} embeddings and {number} {what}; expected one for each")
    digest = hashlib.sha256(json.dumps([given, str(found.dtype), found.shape]).encode())
    digest.update(np.ascontiguousarray(found).tobytes())
    images = _images(given, labels, Path(encoder), None if parts is None else tuple(parts), ())
    return Embeddings(found, given, encoder, digest.hexdigest(), standardise), images


def holds_embeddings(source: str | Path, form: str = "auto") -> bool:
    """Say whether a source is embeddings rather than images: by its format, its ending, or a column of numbers.

    >>> holds_embeddings("clip.npy"), holds_embeddings("images.zip"), holds_embeddings("images", "embeddings")
    (True, False, True)
    """
    if form != "auto" or is_url(str(source)):
        return form == FORMAT
    path = Path(source)
    return path.suffix.lower() in (".npy", ".npz") or has_vectors(path)


def encoder_name(path: Path) -> str:
    """Return what embeddings are called that say nothing of their encoder: the name of their file."""
    return path.stem or "own"


def check_options(options: Mapping[str, object]) -> None:
    """Refuse an option that `read_embeddings` does not take.

    Raises:
        InputError: naming it and those that there are.
    """
    taken = [name for name in inspect.signature(read_embeddings).parameters if name not in ("path", "encoder")]
    for option in options:
        if option not in taken:
            near = did_you_mean(option, taken)
            raise InputError(f"embeddings take no option {option!r}{near} (they take {', '.join(taken)})")


def at_rows_of(embeddings: Embeddings, names: tuple[str, ...]) -> Embeddings:
    """Return the embeddings of the images `names`, in that order; the same object where those are all.

    Raises:
        InputError: an image has no embedding.
    """
    if embeddings.names == names:
        return embeddings
    position = {name: row for row, name in enumerate(embeddings.names)}
    without = [name for name in names if name not in position]
    if without:
        raise InputError(
            f"{len(without):,} images have no embedding ({shorten(without)}); embed them or leave them out"
        )
    rows = np.array([position[name] for name in names], dtype=np.int64)
    return replace(embeddings, vectors=embeddings.vectors[rows], names=names)


def _read(path: Path, vectors: str | None) -> Stored:
    if not path.exists():
        raise InputError(f"{path}: expected a file of embeddings, but there is nothing; check the path")
    ending = path.suffix.lower()
    if ending == ".npy":
        return read_npy(path)
    if ending == ".npz":
        return read_npz(path, vectors=vectors)
    saved = (path / "state.json").is_file() or (path / "dataset_dict.json").is_file()
    if ending in (".parquet", ".pq", ".lance") or saved:
        return read_table(path, vectors=vectors)
    raise InputError(
        f"{path}: expected embeddings as .npy, .npz, .parquet, .lance or a folder that Hugging Face datasets saved"
    )


def _own_labels(path: Path, stored: Stored, options: dict[str, Any]) -> tuple[TagTable, tuple[str, ...]]:
    if stored.columns is None:
        raise InputError(f"{path.name}: holds embeddings but no labels; pass labels, a table of names and tags")
    columns, notes = stored.columns, tuple[str, ...]()
    name = _name_column(columns, options["name_column"])
    if name is None:
        columns = replace(columns, cells={"image_name": [f"row {i}" for i in range(len(columns))], **columns.cells})
        notes = (f"{path.name} names no images; they are called by their rows, from 0",)
    else:
        columns = replace(columns, cells=columns.cells | {name: [str(cell) for cell in columns.cells[name]]})
    return tag_table(columns, **options), notes


def _join(path: Path, stored: Stored, labels: Path, options: dict[str, Any]) -> tuple[TagTable, tuple[str, ...]]:
    """Put the rows of a table to the embeddings, in the order of the embeddings."""
    table = tag_table(read_columns(labels), **options)
    name = None if stored.columns is None else _name_column(stored.columns, None)
    if stored.columns is None or name is None:
        if len(table.names) != len(stored.vectors):
            raise InputError(
                f"{path.name} holds {len(stored.vectors):,} rows and {labels.name} {len(table.names):,}; expected one "
                "row of the table for each row of embeddings, in the same order"
            )
        return table, (f"{path.name} names no images; its rows are taken in the order of {labels.name}",)
    names = _distinct_names(path, stored.columns, name)
    position = {image: row for row, image in enumerate(table.names)}
    strangers = [image for image in names if image not in position]
    if strangers:
        raise InputError(
            f"{path.name}: {len(strangers):,} of {len(names):,} images are not in {labels.name} "
            f"({shorten(strangers)}; the table begins with {table.names[0]!r}); name images alike in both"
        )
    kept = _rows(table, np.array([position[image] for image in names], dtype=np.int64))
    return kept, _notes_on_left_out(table, kept, labels)


def _distinct_names(path: Path, columns: Columns, name: str) -> list[str]:
    names = [clean_name(str(cell), where=columns.where(n)) for n, cell in enumerate(columns.cells[name])]
    last = {image: row for row, image in enumerate(names)}
    twin = next((image for row, image in enumerate(names) if last[image] != row), None)
    if twin is not None:
        raise InputError(f"{path.name}: image {twin!r} has two rows of embeddings; keep one")
    return names


def _notes_on_left_out(table: TagTable, kept: TagTable, labels: Path) -> tuple[str, ...]:
    left, notes = len(table.names) - len(kept.names), tuple[str, ...]()
    if left:
        notes += (f"{left:,} of {len(table.names):,} rows of {labels.name} have no embedding and are left out",)
    emptied = [name for name, count in zip(kept.labels.classes, kept.labels.counts, strict=True) if count == 0]
    if emptied:
        notes += (f"no image is left of {len(emptied)} classes: {', '.join(emptied)}",)
    return notes


def _rows(table: TagTable, rows: Int[np.ndarray, " M"]) -> TagTable:
    parts = table.given_parts
    return TagTable(
        tuple(table.names[row] for row in rows),
        table.labels.rows(rows),
        None if parts is None else tuple(parts[row] for row in rows),
        tuple(table.where[row] for row in rows),
        table.notes,
    )


def _name_column(columns: Columns, given: str | None) -> str | None:
    found = columns.find(given, NAME_COLUMNS)
    return found[0] if found else None


def _images(
    names: tuple[str, ...], labels: Labels, path: Path, parts: tuple[str, ...] | None, notes: tuple[str, ...]
) -> LabeledImages:
    return LabeledImages(names, (Location(path),) * len(names), labels, str(path), NO_PIXELS, parts, notes)


def _digest(path: Path, names: tuple[str, ...], column: str | None) -> str:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256(json.dumps([names, column]).encode())
    for file in files:
        digest.update(file_digest(file).encode())
    return digest.hexdigest()
