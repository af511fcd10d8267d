"""The store: the embeddings of one image set under one encoder, in shards, each complete or absent.

    CACHE/<encoder>-<digest of its identity>/<digest of names, bands and dtype>/
        manifest.json      encoder, identity, bands, images, width and dtype of the embeddings, versions
        shards.jsonl       a record of every complete shard: its rows and the SHA-256 of its file
        shard-00000.arrow  names, content hashes, sizes and embeddings of the first `SHARD` images

A shard is valid when it is in the log and its checksum matches. An image counts as unchanged, without being read, while
its size and modification time are the same, or in an archive the CRC and size of the member.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.log import ShardLog, ShardRecord
from tailprobe.embeddings.shard import Shard, read_shard, write_shard
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.files import write_text

SHARD = 1024  # images
FORMAT = "tailprobe embeddings 3"
_LIBRARIES = ("tailprobe", "pillow", "simplejpeg", "numpy", "pyarrow")  # besides those in the identity of the encoder
StorageDtype = Literal["float32", "float16"]


@dataclass(frozen=True)
class Store:
    """The folder of one image set under one encoder."""

    folder: Path
    width: int  # D
    manifest: dict[str, Any]

    @classmethod
    def of(cls, cache: Path, images: LabeledImages, encoder: Encoder, *, dtype: StorageDtype = "float32") -> "Store":
        """Return the store of these images under this encoder, which need not exist yet."""
        identity = json.dumps(dict(sorted(encoder.identity.items())))
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder.name)[:60]
        of_encoder = cache / f"{slug}-{_digest(identity)}"
        folder = of_encoder / _digest(json.dumps([FORMAT, str(images.bands), dtype, *images.names]))
        manifest = {"encoder": encoder.name, "identity": dict(encoder.identity), "standardise": encoder.standardise}
        vectors = {"width": encoder.width, "dtype": dtype}
        of_images = {"bands": str(images.bands), "images": len(images), "source": images.source}
        versions = {name: version(name) for name in _LIBRARIES}
        manifest |= {**vectors, **of_images, "shard": SHARD, "versions": versions}
        return cls(folder, encoder.width, {"format": FORMAT, **manifest})

    def create_folder(self) -> None:
        """Create the folder if it does not exist.

        Raises:
            InputError: it cannot be created.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be created ({error.strerror}); choose another --cache") from None

    def open_log(self) -> ShardLog:
        """Write the manifest if there is none, and return the log; the caller must hold the lock."""
        if read_manifest(self.folder) is None:
            write_text(self.folder / "manifest.json", json.dumps(self.manifest, indent=1))
        return self.read_log()

    def read_log(self) -> ShardLog:
        """Return the log as it is on disk."""
        return ShardLog(self.folder / "shards.jsonl")

    def read(self, log: ShardLog, index: int, names: Sequence[str]) -> Shard | None:
        """Return shard `index` of the images `names`, or None if it is missing, damaged or of other images."""
        record = log.records.get(index)
        path = shard_path(self.folder, index)
        return None if record is None else read_shard(path, digest=record.sha256, names=names, width=self.width)

    def write(self, index: int, shard: Shard) -> ShardRecord:
        """Write the file of shard `index`, and return its record, which makes it valid once it is in the log."""
        digest = write_shard(shard, shard_path(self.folder, index))
        unreadable = tuple(i for i, row in enumerate(shard.rows) if row.problem)
        return ShardRecord(index, len(shard.rows), digest, unreadable)


def shard_path(folder: Path, index: int) -> Path:
    """Return the file of shard `index`."""
    return folder / f"shard-{index:05d}.arrow"


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a store, or None if it is missing, damaged or of another format."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
