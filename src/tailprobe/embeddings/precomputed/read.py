"""Read precomputed embeddings with their labels."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tailprobe.binding import coerce
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.url import is_url
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions, class_option_types, option_types
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.precomputed.in_memory import images_without_pixels
from tailprobe.embeddings.precomputed.labels import join_labels, labels_of_file
from tailprobe.embeddings.precomputed.numpy_files import read_npy, read_npz
from tailprobe.embeddings.precomputed.raw import RawEmbeddings
from tailprobe.embeddings.precomputed.tables import has_vectors, read_table
from tailprobe.errors import InputError
from tailprobe.files import file_digest
from tailprobe.registry import did_you_mean

FORMAT = "embeddings"  # the value of --format


def read_embeddings(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    encoder: str | None = None,
    standardise: bool = False,
    embedding_column: str | None = None,
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> tuple[Embeddings, LabeledImages]:
    """Read precomputed embeddings with their labels.

    The images have names and labels but no pixels: their `bands` are `NoPixels` and the source of every image is the
    file read.

    Args:
        path: .npy (memory-mapped), .npz, Parquet, a .lance folder (needs `pylance`), or a folder that Hugging Face
            `datasets` saved.
        labels: a table of names and tags, CSV or Parquet, matched to the embeddings by name where their file has names,
            else row by row. Without it names, labels and parts are taken from the file itself.
        encoder: the name of the encoder; by default the stem of the file name.
        standardise: whether heads should be trained on features standardised by the training part.
        embedding_column: the column or array of embeddings, if there are several candidates.
        table_options: how the labels are read.

    Returns:
        Embeddings and images in the same order.

    Raises:
        InputError: the file is missing, damaged or of an unknown format, holds pickled objects, no embeddings or values
            that are not finite; names are repeated; rows and labels do not match; or as `read_tags`.
    """
    path = Path(path)
    raw = _read(path, embedding_column)
    classes = table_options.classes if table_options.classes is not None else raw.classes
    options = replace(table_options, classes=classes)
    found = labels_of_file(path, raw, options) if labels is None else join_labels(path, raw, Path(labels), options)
    table = found.table
    vectors = raw.vectors if len(found.rows) == len(raw.vectors) else raw.vectors[found.rows]
    digest = _digest(path, table.names, embedding_column)
    of_file = {"file": path.name, "digest": digest}
    embeddings = Embeddings(
        vectors,
        table.names,
        encoder or encoder_name(path),
        digest,
        standardise,
        identity=of_file,
        class_text=raw.class_text,
    )
    images = images_without_pixels(
        table.names, table.labels, path, table.given_parts, found.notes + table.notes, table.groups
    )
    return embeddings, images


def holds_embeddings(source: str | Path, form: str = "auto") -> bool:
    """Return whether a source is embeddings rather than images: by its format, its suffix, or its columns.

    >>> holds_embeddings("clip.npy"), holds_embeddings("images.zip"), holds_embeddings("images", "embeddings")
    (True, False, True)
    """
    if form != "auto" or is_url(str(source)):
        return form == FORMAT
    path = Path(source)
    return path.suffix.lower() in (".npy", ".npz") or has_vectors(path)


def encoder_name(path: Path) -> str:
    """Return the default name of the encoder of a file of embeddings: the stem of the file name."""
    return path.stem or "precomputed"


def checked_options(options: Mapping[str, object]) -> dict[str, Any]:
    """Return options of `read_embeddings`, converted to the types of its annotations.

    Raises:
        InputError: an option is unknown, or its value has the wrong type.
    """
    types = option_types(read_embeddings) | class_option_types()
    taken = [name for name in types if name != "encoder"]
    for option in options:
        if option not in taken:
            near = did_you_mean(option, taken)
            raise InputError(f"embeddings take no option {option!r}{near} (they take {', '.join(taken)})")
    return {name: coerce(value, types[name], where=name) for name, value in options.items()}


def _read(path: Path, vectors: str | None) -> RawEmbeddings:
    if not path.exists():
        raise InputError(f"{path}: expected a file of embeddings, but there is none; check the path")
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


def _digest(path: Path, names: tuple[str, ...], column: str | None) -> str:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256(json.dumps([names, column]).encode())
    for file in files:
        digest.update(file_digest(file).encode())
    return digest.hexdigest()
