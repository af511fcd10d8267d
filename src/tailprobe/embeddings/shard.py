"""A shard: the embeddings of consecutive images, as an Arrow IPC file.

A file is hashed when it is written, and its modification time is set so that its last seven digits (of 100 ns) encode
the hash. While they match, the file is trusted; after a copy or an edit they differ, and it is hashed again.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from tailprobe.files import file_digest, write_whole

_SECOND = 10**9  # nanoseconds
_MTIME_RESOLUTION = 100  # nanoseconds, the coarsest resolution of common file systems


@dataclass(frozen=True)
class Row:
    """One image of a shard."""

    name: str
    etag: str  # of the image source when it was read, see `ImageSource.etag`
    content: bytes  # 32, SHA-256 of the encoded image
    width: int  # pixels, 0 where the image could not be read
    height: int
    problem: str  # why it could not be read, empty if it could


@dataclass(frozen=True, eq=False)
class Shard:
    """Rows and their embeddings; a row with a problem holds NaN."""

    rows: tuple[Row, ...]  # (R,)
    vectors: Float[np.ndarray, "R D"]  # float32 or float16, memory-mapped if it was read


def concat(shards: Sequence[Shard]) -> Shard:
    """Concatenate one or more shards."""
    if len(shards) == 1:
        return shards[0]
    return Shard(tuple(row for s in shards for row in s.rows), np.concatenate([s.vectors for s in shards]))


def write_shard(shard: Shard, path: Path) -> str:
    """Write a shard and return the SHA-256 of its file, which appears whole or not at all; raises as `write_whole`."""
    flat = pa.array(np.ascontiguousarray(shard.vectors).ravel())
    columns = {
        "name": pa.array([row.name for row in shard.rows], pa.string()),
        "etag": pa.array([row.etag for row in shard.rows], pa.string()),
        "content": pa.array([row.content for row in shard.rows], pa.binary(32)),
        "width": pa.array([row.width for row in shard.rows], pa.int32()),
        "height": pa.array([row.height for row in shard.rows], pa.int32()),
        "problem": pa.array([row.problem for row in shard.rows], pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(flat, shard.vectors.shape[1]),
    }
    table = pa.table(columns)
    with write_whole(path) as partial:
        with partial.open("wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        digest = file_digest(partial)
        _stamp_mtime(partial, digest)
    return digest


def verify_shard(path: Path, digest: str, *, verify: bool = False) -> bool:
    """Return whether a file exists and has the SHA-256 `digest`; it is not read where its mtime encodes the digest.

    Args:
        path: the file.
        digest: hex.
        verify: hash it whatever its modification time.
    """
    if not path.is_file():
        return False
    if not verify and path.stat().st_mtime_ns % _SECOND == _mtime_digits(digest):
        return True
    if file_digest(path) != digest:
        return False
    if not verify:
        with suppress(OSError):  # a read-only store is hashed every time
            _stamp_mtime(path, digest)
    return True


def read_shard(path: Path, *, digest: str, names: Sequence[str], width: int) -> Shard | None:
    """Read a shard of the images `names`; None if it is missing, damaged, of other images or another width.

    Args:
        path: the file.
        digest: SHA-256 that the file must have.
        names: of the images expected.
        width: D.
    """
    if not verify_shard(path, digest):
        return None
    batch = map_shard(path)
    if batch.column("name").to_pylist() != list(names) or batch.schema.field("embedding").type.list_size != width:
        return None
    parts = [batch.column(name).to_pylist() for name in ("name", "etag", "content", "width", "height", "problem")]
    return Shard(tuple(Row(*row) for row in zip(*parts, strict=True)), vectors_of(batch))


def map_shard(path: Path) -> pa.RecordBatch:
    """Return the columns of a shard, memory-mapped: data are read when they are accessed."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).get_batch(0)


def vectors_of(batch: pa.RecordBatch) -> Float[np.ndarray, "R D"]:
    """Return the (R, D) embeddings of a shard's columns, float32 or float16, not copied."""
    column = batch.column("embedding")
    return column.flatten().to_numpy().reshape(-1, column.type.list_size)


def _stamp_mtime(path: Path, digest: str) -> None:
    now = time.time_ns()
    os.utime(path, ns=(now, now - now % _SECOND + _mtime_digits(digest)))


def _mtime_digits(digest: str) -> int:
    return int(digest[:8], 16) % (_SECOND // _MTIME_RESOLUTION) * _MTIME_RESOLUTION
