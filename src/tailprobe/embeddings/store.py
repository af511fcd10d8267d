"""The store: the embeddings of one image set under one encoder, in shards, each complete or absent.

    CACHE/<encoder>-<digest of its identity>/<digest of names, bands and type>/
        manifest.json      encoder, identity, bands, images, width and type of the numbers, versions
        shards.jsonl       a line for every complete shard: its rows and the SHA-256 of its file
        shard-00000.arrow  names, content hashes, sizes and embeddings of the first `SHARD` images

A shard counts when the log names it and its checksum holds. What is trusted without reading an image again: its
size and time of change, or in an archive the member's checksum and size.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.log import Line, ShardLog
from tailprobe.embeddings.shard import Shard, read_shard, write_shard
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError

SHARD = 1024  # images
FORMAT = "tailprobe embeddings 2"
_MAKERS = ("tailprobe", "pillow", "simplejpeg", "numpy", "pyarrow")  # beside those that the encoder names
Precision = Literal["float32", "float16"]


@dataclass(frozen=True)
class Store:
    """The folder of one image set under one encoder."""

    folder: Path
    width: int  # D
    about: dict[str, Any]  # the manifest

    @classmethod
    def of(cls, cache: Path, images: LabeledImages, encoder: Encoder, *, precision: Precision = "float32") -> "Store":
        """Return the store of these images under this encoder, which need not be there yet."""
        identity = json.dumps(dict(sorted(encoder.identity.items())))
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder.name)[:60]
        of_encoder = cache / f"{slug}-{_digest(identity)}"
        folder = of_encoder / _digest(json.dumps([str(images.bands), precision, *images.names]))
        about = {"encoder": encoder.name, "identity": dict(encoder.identity), "standardise": encoder.standardise}
        numbers = {"width": encoder.width, "type": precision}
        of_images = {"bands": str(images.bands), "images": len(images), "source": images.source}
        versions = {name: version(name) for name in _MAKERS}
        about |= {**numbers, **of_images, "shard": SHARD, "versions": versions}
        return cls(folder, encoder.width, {"format": FORMAT, **about})

    def make_folder(self) -> None:
        """Make the folder where it is not.

        Raises:
            InputError: it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be made ({error.strerror}); choose another --cache") from None

    def begin(self) -> ShardLog:
        """Write the manifest where it is not, and return the log; only for who holds the lock."""
        if read_manifest(self.folder) is None:
            partial = self.folder / "manifest.partial"
            partial.write_text(json.dumps(self.about, indent=1), encoding="utf-8")
            partial.replace(self.folder / "manifest.json")
        return self.log()

    def log(self) -> ShardLog:
        """Return the log as it is on the disk."""
        return ShardLog(self.folder / "shards.jsonl")

    def read(self, log: ShardLog, index: int, names: Sequence[str]) -> Shard | None:
        """Return shard `index`, which holds the images `names`, or None where it is absent, damaged or of others."""
        line = log.lines.get(index)
        path = shard_path(self.folder, index)
        return None if line is None else read_shard(path, digest=line.sha256, names=names, width=self.width)

    def write(self, index: int, shard: Shard) -> Line:
        """Write the file of shard `index`, and return the line that makes it count once it is in the log."""
        digest = write_shard(shard, shard_path(self.folder, index))
        unreadable = tuple(i for i, row in enumerate(shard.rows) if row.problem)
        return Line(index, len(shard.rows), digest, unreadable)


def shard_path(folder: Path, index: int) -> Path:
    """Return the file of shard `index`."""
    return folder / f"shard-{index:05d}.arrow"


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a store, or None where it is missing, damaged or not ours."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


def number_type(precision: Precision) -> np.dtype[Any]:
    """Return the type of the numbers."""
    return np.dtype(precision)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
