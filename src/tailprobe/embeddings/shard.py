"""A shard: the embeddings of some consecutive images, one Arrow IPC file that any tool of the field can open."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float


@dataclass(frozen=True)
class Row:
    """One image of a shard."""

    name: str
    signature: str  # of the location when it was read, see `Location.signature`
    content: bytes  # 32, SHA-256 of the encoded image
    width: int  # pixels, 0 where the image could not be read
    height: int
    problem: str  # why it could not be read, empty where it could


@dataclass(frozen=True, eq=False)
class Shard:
    """Rows and their embeddings; a row with a problem holds NaN."""

    rows: tuple[Row, ...]  # (R,)
    vectors: Float[np.ndarray, "R D"]  # float32


def write_shard(shard: Shard, path: Path) -> str:
    """Write a shard, whole or not at all, and return the SHA-256 of the file."""
    flat = pa.array(np.ascontiguousarray(shard.vectors).ravel())
    columns = {
        "name": pa.array([row.name for row in shard.rows], pa.string()),
        "signature": pa.array([row.signature for row in shard.rows], pa.string()),
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
    partial.replace(path)
    return digest


def read_shard(path: Path, *, digest: str, names: Sequence[str], width: int) -> Shard | None:
    """Read a shard of the images `names`, D numbers each, or None where it is missing, damaged or of other images.

    Args:
        digest: SHA-256 that the file must have; a damaged file is thereby as good as a missing one.
    """
    if not path.is_file() or file_digest(path) != digest:
        return None
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all().combine_chunks()
    if table["name"].to_pylist() != list(names) or table.schema.field("embedding").type.list_size != width:
        return None
    vectors = table["embedding"].chunk(0).flatten().to_numpy().reshape(-1, width)
    parts = [table[name].to_pylist() for name in ("name", "signature", "content", "width", "height", "problem")]
    return Shard(tuple(Row(*row) for row in zip(*parts, strict=True)), vectors)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
