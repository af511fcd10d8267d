"""Export embeddings for other tools: .npy, .npz, Parquet, Lance, Zarr."""

import importlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.exported_labels import ExportedLabels, exported_labels, label_csv, write_beside
from tailprobe.encoders.choice import check_choice
from tailprobe.errors import InputError
from tailprobe.files import make_folder, wrap_write_errors, write_whole
from tailprobe.lock import locked_file

FORMATS = (".npy", ".npz", ".parquet", ".lance", ".zarr")
_LIBRARIES = {".lance": ("lance", "lance"), ".zarr": ("zarr", "zarr")}  # module, extra that installs it
_NAMES, _LABELS = ".names.txt", ".labels.csv"  # written with an .npy
_BLOCK = 16384  # rows in memory at a time
_CHUNK = 1024  # rows of a chunk in Zarr, a divisor of the block


def export_embeddings(
    embeddings: Embeddings, path: Path, *, images: LabeledImages | None = None, overwrite: bool = False
) -> Path:
    """Write embeddings atomically in the format given by the suffix of `path`.

    `.npy`: the (N, D) array, and the image names in NAME.names.txt, one per line. `.npz`: arrays `embeddings`
    and `names`. `.parquet` and `.lance`: columns `name` and `embedding`, a list of D numbers. `.zarr`: a group
    (format 2) of arrays `embedding` (N, D) and `name`, in chunks of rows, uncompressed. The dtype is kept.
    Labels and given parts are written too, so that `compare` needs no table: Parquet and Lance have columns `labels`, a
    list of classes, and `split`; `.npz` arrays `labels`, (N, C) of 0 and 1 or the class of a single-label image,
    `classes`, `split` and, if class names were embedded, `text`; Zarr the same without `text`; `.npy` a separate table,
    NAME.labels.csv, for `--labels`.
    All but `.npz` are written block by block, whatever the size. One process writes a file at a time.

    Args:
        embeddings: from `embed`.
        images: those that were embedded, or more, whose labels are kept; None, or without classes, for none.
        path: the file to write, for Lance and Zarr a folder.
        overwrite: replace an existing file.

    Returns:
        The path.

    Raises:
        InputError: the suffix is unknown, the file exists already, a name has a line break (.npy), the format's library
            is not installed, another process is writing the file, the disk is full or the folder is not writable.
    """
    form = check_target(path, overwrite=overwrite)
    labels = exported_labels(embeddings.names, images)
    with locked_file(path):
        _write(embeddings, labels, path, form, overwrite=overwrite)
    return path


def _write(embeddings: Embeddings, labels: ExportedLabels | None, path: Path, form: str, *, overwrite: bool) -> None:
    if form == ".npy":  # before the array, which says that all are there
        _write_names(embeddings, path.with_suffix(_NAMES), overwrite=overwrite)
        if labels is not None:
            write_beside(path.with_suffix(_LABELS), label_csv(embeddings.names, labels), overwrite=overwrite)
    if form in _LIBRARIES:
        _replace_folder(embeddings, labels, path, form)
    else:
        with write_whole(path, overwrite=overwrite) as partial:
            _WRITERS[form](embeddings, labels, partial)


def check_target(path: Path, *, overwrite: bool) -> str:
    """Return the format of a path, by its suffix; the folder around it is made if it is missing.

    Raises:
        InputError: an unknown suffix, the file exists already, the format's library is not installed, there is no right
            to write there, or another process does.
    """
    form = check_choice("the suffix of the file", path.suffix.lower(), FORMATS, where=str(path))
    if form in _LIBRARIES and find_spec(_LIBRARIES[form][0]) is None:
        raise InputError(f"{path}: pip install 'tailprobe[{_LIBRARIES[form][1]}]', or export to .parquet")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; choose another name or pass --overwrite")
    make_folder(path.parent)
    with locked_file(path):  # there is a right to write there, and nobody else does
        return form


def _replace_folder(embeddings: Embeddings, labels: ExportedLabels | None, path: Path, form: str) -> None:
    """Write a format that is a folder, which a rename cannot replace."""
    partial = path.with_name(f"{path.stem}.partial{form}")
    with wrap_write_errors(path):
        _remove(partial)
        try:
            _WRITERS[form](embeddings, labels, partial)
            if path.exists():
                _remove(path)
            partial.replace(path)
        finally:
            _remove(partial)


def _write_npy(embeddings: Embeddings, labels: ExportedLabels | None, path: Path) -> None:
    del labels  # in a separate table
    shape = (len(embeddings), embeddings.width)
    header = {"descr": embeddings.vectors.dtype.str, "fortran_order": False, "shape": shape}
    with path.open("wb") as file:  # not a memory map, whose writer is killed when the disk is full
        np.lib.format.write_array_header_1_0(file, header)
        for rows in _blocks(len(embeddings)):
            file.write(np.ascontiguousarray(embeddings.vectors[rows]).data)


def _write_names(embeddings: Embeddings, path: Path, *, overwrite: bool) -> None:
    bad_name = next((name for name in embeddings.names if len(name.splitlines()) > 1), None)
    if bad_name is not None:
        raise InputError(f"image {bad_name!r} has a line break in its name; export to .npz or .parquet")
    write_beside(path, "".join(f"{name}\n" for name in embeddings.names), overwrite=overwrite)


def _write_npz(embeddings: Embeddings, labels: ExportedLabels | None, path: Path) -> None:
    names = np.array(list(embeddings.names), dtype=np.str_)
    others: dict[str, Any] = {} if labels is None else labels.arrays()
    if labels is not None and embeddings.class_text is not None:
        others["text"] = embeddings.class_text.of(others["classes"].tolist())
    with path.open("wb") as file:  # to a path savez would add its own suffix
        np.savez(file, allow_pickle=False, embeddings=np.asarray(embeddings.vectors), names=names, **others)


def _write_parquet(embeddings: Embeddings, labels: ExportedLabels | None, path: Path) -> None:
    with pq.ParquetWriter(path, _schema(embeddings, labels)) as writer:
        for batch in _batches(embeddings, labels):
            writer.write_batch(batch)


def _write_lance(embeddings: Embeddings, labels: ExportedLabels | None, path: Path) -> None:
    lance = importlib.import_module("lance")
    reader = pa.RecordBatchReader.from_batches(_schema(embeddings, labels), _batches(embeddings, labels))
    lance.write_dataset(reader, str(path))


def _write_zarr(embeddings: Embeddings, labels: ExportedLabels | None, path: Path) -> None:
    group = importlib.import_module("zarr").create_group(str(path), zarr_format=2)
    shape, chunk = (len(embeddings), embeddings.width), min(_CHUNK, max(len(embeddings), 1))
    vectors = group.create_array(
        "embedding", shape=shape, dtype=embeddings.vectors.dtype, chunks=(chunk, embeddings.width), compressors=None
    )
    names = group.create_array("name", shape=shape[:1], dtype=str, chunks=(chunk,))
    for rows in _blocks(len(embeddings)):
        vectors[rows] = embeddings.vectors[rows]
        names[rows] = np.array(embeddings.names[rows], dtype=object)
    for name, array in ({} if labels is None else labels.arrays()).items():
        stored = str if array.dtype.kind == "U" else array.dtype
        made = group.create_array(name, shape=array.shape, dtype=stored, chunks=array.shape)
        made[:] = array.astype(object) if stored is str else array


_WRITERS = {
    ".npy": _write_npy,
    ".npz": _write_npz,
    ".parquet": _write_parquet,
    ".lance": _write_lance,
    ".zarr": _write_zarr,
}


def _schema(embeddings: Embeddings, labels: ExportedLabels | None) -> pa.Schema:
    vectors = pa.list_(pa.from_numpy_dtype(embeddings.vectors.dtype), embeddings.width)
    of_labels = {} if labels is None else labels.columns(slice(0, 0))
    others = [(name, array.type) for name, array in of_labels.items()]
    return pa.schema([("name", pa.string()), ("embedding", vectors), *others])


def _batches(embeddings: Embeddings, labels: ExportedLabels | None) -> Iterator[pa.RecordBatch]:
    schema = _schema(embeddings, labels)
    for rows in _blocks(len(embeddings)):
        flat = pa.array(np.ascontiguousarray(embeddings.vectors[rows]).ravel())
        columns = [pa.array(embeddings.names[rows], pa.string())]
        columns.append(pa.FixedSizeListArray.from_arrays(flat, embeddings.width))
        columns += [] if labels is None else labels.columns(rows).values()
        yield pa.record_batch(columns, schema=schema)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
