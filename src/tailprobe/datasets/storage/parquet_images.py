"""Images stored in Parquet files, as on the Hugging Face hub."""

import functools
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.storage.saved_dataset import features_of
from tailprobe.datasets.storage.table_cell import TableCell
from tailprobe.errors import InputError

ENDINGS = (".parquet", ".pq")
_SHARD = re.compile(r"(.*?)-\d+(-of-\d+.*)?")  # train-00000-of-00004-0f3a.parquet


@dataclass(frozen=True)
class ParquetPart:
    """The rows of the Parquet files of one part."""

    name: str  # of the part, from the file names; "" if they contain none
    files: tuple[Path, ...]
    features: Mapping[str, Any]  # by column, as `datasets` describes them

    def table(self) -> pa.Table:
        """Return the columns that do not hold images.

        Raises:
            InputError: a file is damaged, or its columns differ from those of the first file.
        """
        try:
            names = [name for name, feature in self.features.items() if feature != _IMAGE]
            tables = [pq.read_table(file, columns=names).replace_schema_metadata(None) for file in self.files]
            return pa.concat_tables(tables)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self.files[0]}: cannot be read ({str(error)[:200]}); download it again") from error

    def images(self, column: str) -> list[tuple["ParquetCell", str]]:
        """Return the image of each row and the path of its original file, "" if it is unknown."""
        found: list[tuple[ParquetCell, str]] = []
        for file in self.files:
            paths = _paths(file, column)
            found += [(ParquetCell(file, column, row), path) for row, path in enumerate(paths)]
        return found


@dataclass(frozen=True)
class ParquetCell(TableCell):
    """An image that is a cell of a Parquet file."""

    def value(self) -> Any:  # noqa: ANN401 - Parquet may hold any value
        """Return the value of the cell; its row group stays decoded, as images are read one after the other."""
        try:
            etag = self.file_etag()
            starts = _starts(self.path, etag)
            group = max(n for n, start in enumerate(starts) if start <= self.row)
            cells = _group(self.path, self.column, group, etag, threading.get_ident())
            return cells[self.row - starts[group]].as_py()
        except (pa.ArrowException, OSError, IndexError) as error:
            raise InputError(f"{self}: cannot be read ({str(error)[:200]}); download the file again") from error


_IMAGE = {"_type": "Image"}


def parquet_files(source: Path) -> list[Path]:
    """Return the Parquet files of a source: itself, or those in a folder and up to two levels below, sorted."""
    if source.is_file():
        return [source] if source.suffix.lower() in ENDINGS else []
    inside = [path for ending in ENDINGS for depth in ("*", "*/*", "*/*/*") for path in source.glob(depth + ending)]
    return sorted(path for path in inside if not any(step.startswith(".") for step in path.relative_to(source).parts))


def image_features(file: Path) -> dict[str, Any]:
    """Return column -> feature of a Parquet file, empty if no column holds images or the file cannot be read."""
    try:
        schema = pq.read_schema(file)
        images = [field.name for field in schema if _holds_image(field.type)]
    except (pa.ArrowException, OSError, UnicodeDecodeError):  # column names may not be valid UTF-8
        return {}
    described = features_of(schema)
    return {name: _IMAGE if name in images else described.get(name, {}) for name in schema.names} if images else {}


def parquet_parts(source: Path) -> list[ParquetPart]:
    """Return the parts of Parquet files with images, from the names of the files or of their folders."""
    files: dict[str, list[Path]] = {}
    features: dict[str, dict[str, Any]] = {}
    for file in parquet_files(source):
        found = image_features(file)
        if found:
            name = _part_name(file)
            files.setdefault(name, []).append(file)
            features.setdefault(name, found)
    return [ParquetPart(name, tuple(listed), features[name]) for name, listed in files.items()]


def _part_name(file: Path) -> str:
    named = _SHARD.fullmatch(file.stem)
    if file.stem.isdecimal():
        return file.parent.name
    return named[1] if named else file.stem


def _holds_image(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return {"bytes", "path"} <= {kind.field(i).name for i in range(kind.num_fields)}
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _paths(file: Path, column: str) -> list[str]:
    """Return the original path of each image in a file; only the paths are read, not the images."""
    if not pa.types.is_struct(pq.read_schema(file).field(column).type):
        return [""] * pq.read_metadata(file).num_rows
    table = pq.ParquetFile(file).read(columns=[f"{column}.path"])
    return [str(cell.get("path") or "") if cell else "" for cell in table[column].to_pylist()]


@functools.lru_cache(maxsize=256)
def _starts(path: Path, etag: str) -> tuple[int, ...]:
    """Return the first row of each row group."""
    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    return tuple(sum(sizes[:n]) for n in range(len(sizes)))


@functools.lru_cache(maxsize=16)
def _group(path: Path, column: str, group: int, etag: str, thread: int) -> pa.ChunkedArray:
    # One per thread: threads that read different row groups would otherwise evict each other's.
    return pq.ParquetFile(path).read_row_group(group, columns=[column])[column]
