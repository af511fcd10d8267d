"""Export embeddings for other tools: .npy, .npz, Parquet, Lance, Zarr."""

import importlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.choice import check_choice
from tailprobe.errors import InputError

FORMATS = (".npy", ".npz", ".parquet", ".lance", ".zarr")
_LIBRARIES = {".lance": ("lance", "lance"), ".zarr": ("zarr", "zarr")}  # module, extra that installs it
_BLOCK = 16384  # rows in memory at a time
_CHUNK = 1024  # rows of a chunk in Zarr, a divisor of the block


def export_embeddings(embeddings: Embeddings, path: Path, *, overwrite: bool = False) -> Path:
    """Write embeddings atomically in the format given by the suffix of `path`.

    `.npy`: the (N, D) array, and the image names beside it in NAME.names.txt, one per line. `.npz`: arrays `embeddings`
    and `names`. `.parquet` and `.lance`: columns `name` and `embedding`, a list of D numbers. `.zarr`: a group
    (format 2) of arrays `embedding` (N, D) and `name`, in chunks of rows, uncompressed. The dtype is kept.
    All but `.npz` are written block by block, whatever the size.

    Args:
        embeddings: from `embed`.
        path: the file to write, for Lance and Zarr a folder.
        overwrite: replace an existing file.

    Returns:
        The path.

    Raises:
        InputError: an unknown suffix, the file exists already, a name with a line break (.npy), or the format's library
            is not installed.
    """
    form, beside = check_target(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.partial{form}")
    _remove(partial)
    try:
        _WRITERS[form](embeddings, partial)
        if beside:
            _write_names(embeddings, beside[0])
        if path.is_dir():  # a folder is not replaced by a rename
            _remove(path)
        partial.replace(path)
    finally:
        _remove(partial)
    return path


def check_target(path: Path, *, overwrite: bool) -> tuple[str, list[Path]]:
    """Return the format of a path, by its suffix, and the files written beside it.

    Raises:
        InputError: an unknown suffix, the file exists already, or the format's library is not installed.
    """
    form = check_choice("the suffix of the file", path.suffix.lower(), FORMATS, where=str(path))
    if form in _LIBRARIES and find_spec(_LIBRARIES[form][0]) is None:
        raise InputError(f"{path}: pip install 'tailprobe[{_LIBRARIES[form][1]}]', or export to .parquet")
    beside = [path.with_suffix(".names.txt")] if form == ".npy" else []
    for target in [path, *beside]:
        if target.exists() and not overwrite:
            raise InputError(f"{target} exists; choose another name or pass --overwrite")
    return form, beside


def _write_npy(embeddings: Embeddings, path: Path) -> None:
    shape = (len(embeddings), embeddings.width)
    target = np.lib.format.open_memmap(path, mode="w+", dtype=embeddings.vectors.dtype, shape=shape)
    for rows in _blocks(len(embeddings)):
        target[rows] = embeddings.vectors[rows]
    target.flush()


def _write_names(embeddings: Embeddings, path: Path) -> None:
    bad_name = next((name for name in embeddings.names if len(name.splitlines()) > 1), None)
    if bad_name is not None:
        raise InputError(f"image {bad_name!r} has a line break in its name; export to .npz or .parquet")
    path.write_text("".join(f"{name}\n" for name in embeddings.names), encoding="utf-8")


def _write_npz(embeddings: Embeddings, path: Path) -> None:
    names = np.array(list(embeddings.names), dtype=np.str_)
    np.savez(path, embeddings=np.asarray(embeddings.vectors), names=names)


def _write_parquet(embeddings: Embeddings, path: Path) -> None:
    with pq.ParquetWriter(path, _schema(embeddings)) as writer:
        for batch in _batches(embeddings):
            writer.write_batch(batch)


def _write_lance(embeddings: Embeddings, path: Path) -> None:
    lance = importlib.import_module("lance")
    lance.write_dataset(pa.RecordBatchReader.from_batches(_schema(embeddings), _batches(embeddings)), str(path))


def _write_zarr(embeddings: Embeddings, path: Path) -> None:
    group = importlib.import_module("zarr").create_group(str(path), zarr_format=2)
    shape, chunk = (len(embeddings), embeddings.width), min(_CHUNK, max(len(embeddings), 1))
    vectors = group.create_array(
        "embedding", shape=shape, dtype=embeddings.vectors.dtype, chunks=(chunk, embeddings.width), compressors=None
    )
    names = group.create_array("name", shape=shape[:1], dtype=str, chunks=(chunk,))
    for rows in _blocks(len(embeddings)):
        vectors[rows] = embeddings.vectors[rows]
        names[rows] = np.array(embeddings.names[rows], dtype=object)


_WRITERS = {
    ".npy": _write_npy,
    ".npz": _write_npz,
    ".parquet": _write_parquet,
    ".lance": _write_lance,
    ".zarr": _write_zarr,
}


def _schema(embeddings: Embeddings) -> pa.Schema:
    vectors = pa.list_(pa.from_numpy_dtype(embeddings.vectors.dtype), embeddings.width)
    return pa.schema([("name", pa.string()), ("embedding", vectors)])


def _batches(embeddings: Embeddings) -> Iterator[pa.RecordBatch]:
    for rows in _blocks(len(embeddings)):
        flat = pa.array(np.ascontiguousarray(embeddings.vectors[rows]).ravel())
        columns = [pa.array(embeddings.names[rows], pa.string())]
        columns.append(pa.FixedSizeListArray.from_arrays(flat, embeddings.width))
        yield pa.record_batch(columns, schema=_schema(embeddings))


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
