"""A shard: the embeddings of some consecutive images, one Arrow IPC file that any tool of the field can open.

A file is hashed when it is written. Later it is trusted while its time of change is the one it was given then, whose
last seven digits (of 100 ns) are taken from its hash; after a copy or an edit they are others, and it is hashed again.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float

_SECOND = 10**9  # nanoseconds
_GRAIN = 100  # nanoseconds, the coarsest that usual file systems keep


@dataclass(frozen=True)
class Row:
    """One image of a shard."""

    name: str
    etag: str  # of the location when it was read, see `FileSource.etag`
    content: bytes  # 32, SHA-256 of the encoded image
    width: int  # pixels, 0 where the image could not be read
    height: int
    problem: str  # why it could not be read, empty where it could


@dataclass(frozen=True, eq=False)
class Shard:
    """Rows and their embeddings; a row with a problem holds NaN."""

    rows: tuple[Row, ...]  # (R,)
    vectors: Float[np.ndarray, "R D"]  # float32 or float16, memory-mapped where it was read


def joined(shards: Sequence[Shard]) -> Shard:
    """Return shards, at least one, as one."""
    if len(shards) == 1:
        return shards[0]
    return Shard(tuple(row for s in shards for row in s.rows), np.concatenate([s.vectors for s in shards]))


def write_shard(shard: Shard, path: Path) -> str:
    """Write a shard, whole or not at all, and return the SHA-256 of the file."""
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
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        file.flush()
        os.fsync(file.fileno())
    digest = file_digest(partial)
    _sign(partial, digest)
    partial.replace(path)
    return digest


def is_whole(path: Path, digest: str, *, verify: bool = False) -> bool:
    """Say whether a file is there and has the SHA-256 `digest`; where its time of change vouches for it, unread.

    Args:
        path: the file.
        digest: hex.
        verify: hash it whatever its time of change.
    """
    if not path.is_file():
        return False
    if not verify and path.stat().st_mtime_ns % _SECOND == _signature(digest):
        return True
    if file_digest(path) != digest:
        return False
    if not verify:
        with suppress(OSError):  # of a store that may only be read, and is hashed every time
            _sign(path, digest)
    return True


def read_shard(path: Path, *, digest: str, names: Sequence[str], width: int) -> Shard | None:
    """Read a shard of the images `names`, D numbers each, or None where it is missing, damaged or of other images.

    Args:
        digest: SHA-256 that the file must have; a damaged file is thereby as good as a missing one.
    """
    if not is_whole(path, digest):
        return None
    batch = map_shard(path)
    if batch.column("name").to_pylist() != list(names) or batch.schema.field("embedding").type.list_size != width:
        return None
    parts = [batch.column(name).to_pylist() for name in ("name", "etag", "content", "width", "height", "problem")]
    return Shard(tuple(Row(*row) for row in zip(*parts, strict=True)), vectors_of(batch))


def map_shard(path: Path) -> pa.RecordBatch:
    """Return the columns of a whole shard, memory-mapped: nothing is read until it is looked at."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).get_batch(0)


def vectors_of(batch: pa.RecordBatch) -> Float[np.ndarray, "R D"]:
    """Return the (R, D) embeddings of a shard's columns, float32 or float16, not copied."""
    column = batch.column("embedding")
    return column.flatten().to_numpy().reshape(-1, column.type.list_size)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sign(path: Path, digest: str) -> None:
    now = time.time_ns()
    os.utime(path, ns=(now, now - now % _SECOND + _signature(digest)))


def _signature(digest: str) -> int:
    return int(digest[:8], 16) % (_SECOND // _GRAIN) * _GRAIN
