"""The store: the embeddings of one image set under one encoder, in shards, each complete or absent.

    CACHE/<encoder>-<digest of its identity>/<digest of names and bands>/
        manifest.json      encoder, identity, bands, images, and the SHA-256 of every complete shard
        shard-00000.arrow  names, content hashes, sizes and embeddings of the first `SHARD` images

A shard counts when the manifest names it and its checksum holds. What is trusted without reading an image again: its
size and time of change, or in an archive the member's checksum and size.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.shard import Shard, read_shard, write_shard
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError

SHARD = 1024  # images
_FORMAT = "tailprobe embeddings 1"


@dataclass(frozen=True)
class Store:
    """The folder of one image set under one encoder."""

    folder: Path
    width: int  # D

    @classmethod
    def of(cls, cache: Path, images: LabeledImages, encoder: Encoder) -> "Store":
        """Return the store of these images under this encoder, its folder and manifest made where they are not."""
        identity = json.dumps(dict(sorted(encoder.identity.items())))
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder.name)[:60]
        of_encoder = cache / f"{slug}-{_digest(identity)}"
        folder = of_encoder / _digest(json.dumps([images.bands, *images.names]))
        store = cls(folder, encoder.width)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be made ({error.strerror}); choose another --cache") from None
        if store._read_manifest() is None:
            about = {"encoder": encoder.name, "identity": dict(encoder.identity), "width": encoder.width}
            of_images = {"bands": images.bands, "images": len(images), "source": images.source}
            store._write_manifest({"format": _FORMAT, **about, **of_images, "shard": SHARD, "shards": {}})
        return store

    def read(self, index: int, names: Sequence[str]) -> Shard | None:
        """Return shard `index`, which holds the images `names`, or None where it is absent, damaged or of others."""
        digest = self._shards().get(str(index))
        return None if digest is None else read_shard(self._path(index), digest=digest, names=names, width=self.width)

    def write(self, index: int, shard: Shard) -> None:
        """Write shard `index`: first its file, then its line in the manifest."""
        digest = write_shard(shard, self._path(index))
        manifest = self._read_manifest() or {}
        manifest["shards"] = dict(
            sorted((self._shards() | {str(index): digest}).items(), key=lambda item: int(item[0]))
        )
        self._write_manifest(manifest)

    def _path(self, index: int) -> Path:
        return self.folder / f"shard-{index:05d}.arrow"

    def _shards(self) -> dict[str, str]:
        found = (self._read_manifest() or {}).get("shards")
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def _read_manifest(self) -> dict[str, object] | None:
        # A manifest that is damaged or not ours is as good as none: the shards are then computed again.
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return manifest if isinstance(manifest, dict) and manifest.get("format") == _FORMAT else None

    def _write_manifest(self, manifest: dict[str, object]) -> None:
        partial = self.folder / "manifest.partial"
        partial.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        partial.replace(self.folder / "manifest.json")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
