"""Score new images block by block; each block is stored as a file, so that an interrupted prediction can continue."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float32

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.embeddings.shard import Shard, concat
from tailprobe.embeddings.work import encode_groups, groups, prefetch_images
from tailprobe.errors import InputError
from tailprobe.files import make_folder, write_text, write_whole
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent
from tailprobe.use.classifier import Classifier

BLOCK = 1024  # images; a multiple of every encoder's batch, so that a group never crosses its end


@dataclass(frozen=True, eq=False)
class ScoredBlock:
    """The head's scores of B consecutive images; NaN for an image that could not be read."""

    names: tuple[str, ...]  # (B,)
    log_odds: Float32[np.ndarray, "B C"]  # before calibration
    unlike: Bool[np.ndarray, " B"]  # unlike the training images, see `Reference.unlike`
    problems: tuple[str, ...]  # (B,) why an image could not be read; empty if it could


def block_ranges(images: int) -> list[range]:
    """Return the rows of each block: `BLOCK` images, the last block the rest."""
    return [range(start, min(start + BLOCK, images)) for start in range(0, images, BLOCK)]


def embed_images(classifier: Classifier, images: LabeledImages, *, on_bad_image: OnBadImage = "error") -> Shard:
    """Return the embeddings of images as one array in memory.

    Raises:
        InputError: an image cannot be read and `on_bad_image` is "error".
    """
    shards = [shard for _, shard in _embedded(classifier, images, block_ranges(len(images)), on_bad_image)]
    return concat(shards)


def scored_blocks(
    classifier: Classifier,
    images: LabeledImages,
    ranges: list[range],
    *,
    on_bad_image: OnBadImage = "error",
) -> Iterator[ScoredBlock]:
    """Yield the blocks of these rows; images are decoded ahead, also across block boundaries.

    Raises:
        InputError: an image cannot be read and `on_bad_image` is "error".
    """
    for _, shard in _embedded(classifier, images, ranges, on_bad_image):
        yield score_shard(classifier, shard)


def _embedded(
    classifier: Classifier, images: LabeledImages, ranges: list[range], on_bad_image: OnBadImage
) -> Iterator[tuple[range, Shard]]:
    encoder = classifier.loaded_encoder
    with ThreadPoolExecutor(cores()) as pool:
        order = (row for rows in ranges for row in rows)
        prepared = prefetch_images(pool, images, encoder, order, on_bad_image)
        for rows in ranges:
            with closing(encode_groups(encoder, groups(prepared, len(rows), encoder))) as parts:
                yield rows, concat(list(parts))


def score_shard(classifier: Classifier, shard: Shard) -> ScoredBlock:
    """Return what the head says of embedded images."""
    problems = tuple(row.problem for row in shard.rows)
    good = np.array([not problem for problem in problems], dtype=bool)
    values = np.full((len(problems), len(classifier.classes)), np.nan, dtype=np.float32)
    unlike = np.zeros(len(problems), dtype=bool)
    if good.any():
        vectors = shard.vectors[good]
        values[good] = classifier.log_odds(vectors)
        if classifier.reference is not None:
            unlike[good] = classifier.reference.unlike(vectors)
    return ScoredBlock(tuple(row.name for row in shard.rows), values, unlike, problems)


class BlockStore:
    """The scored blocks of one prediction in a folder; blocks of another model or of other images are discarded."""

    def __init__(self, folder: Path, model: str, images: LabeledImages) -> None:
        """Open the folder, and empty it if its blocks are of another model or of other images.

        Args:
            folder: created if it is missing.
            model: digest of the model.
            images: the images of the prediction.
        """
        self.folder, self._images = folder, images
        make_folder(folder)
        digest = hashlib.sha256(json.dumps([model, BLOCK, str(images.bands)]).encode())
        for rows in block_ranges(len(images)):
            digest.update(json.dumps(images.names[rows.start : rows.stop]).encode())
        about = digest.hexdigest()
        manifest = folder / "manifest.json"
        if not manifest.is_file() or manifest.read_text(encoding="utf-8") != about:
            self.clear()
            write_text(manifest, about)

    def clear(self) -> None:
        """Remove every block."""
        for path in [*self.folder.glob("block-*.arrow"), *self.folder.glob(".block-*"), self.folder / "manifest.json"]:
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder."""
        self.clear()
        self.folder.rmdir()

    def path(self, rows: range) -> Path:
        """Return the file of a block."""
        return self.folder / f"block-{rows.start // BLOCK:07d}.arrow"

    def write(self, rows: range, block: ScoredBlock) -> None:
        """Store a block."""
        flat = pa.array(np.ascontiguousarray(block.log_odds).reshape(-1))
        columns = {
            "name": pa.array(block.names, pa.string()),
            "unlike": pa.array(block.unlike),
            "problem": pa.array(block.problems, pa.string()),
            "log_odds": pa.FixedSizeListArray.from_arrays(flat, block.log_odds.shape[1]),
        }
        table = pa.table(columns).replace_schema_metadata({"etags": self._etags(rows)})
        with (
            write_whole(self.path(rows)) as partial,
            pa.OSFile(str(partial), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)

    def read(self, rows: range, *, unchanged: bool = False) -> ScoredBlock | None:
        """Return a block; None if it is missing or damaged or, with `unchanged`, its images have changed since."""
        try:
            with pa.OSFile(str(self.path(rows)), "rb") as source:
                table = pa.ipc.open_file(source).read_all()
            names = tuple(table["name"].to_pylist())
            if names != self._images.names[rows.start : rows.stop]:
                return None
            if unchanged and (table.schema.metadata or {}).get(b"etags", b"").decode() != self._etags(rows):
                return None
            logits = table["log_odds"].combine_chunks().flatten().to_numpy().reshape(len(names), -1)
            return ScoredBlock(names, logits, np.array(table["unlike"]), tuple(table["problem"].to_pylist()))
        except (OSError, pa.ArrowInvalid, KeyError):
            return None

    def _etags(self, rows: range) -> str:
        return hashlib.sha256("\n".join(self._etag(row) for row in rows).encode()).hexdigest()

    def _etag(self, row: int) -> str:
        try:
            return self._images.image_sources[row].etag()
        except InputError:
            return "missing"


def score_into(
    store: BlockStore,
    classifier: Classifier,
    images: LabeledImages,
    *,
    on_bad_image: OnBadImage = "error",
    progress: Progress = silent,
) -> None:
    """Score and store the blocks that are missing, or whose images have changed."""
    ranges = block_ranges(len(images))
    missing = [rows for rows in ranges if store.read(rows, unchanged=True) is None]
    done = len(images) - sum(map(len, missing))
    progress("predict", done, len(images))
    with closing(scored_blocks(classifier, images, missing, on_bad_image=on_bad_image)) as blocks:  # type: ignore[type-var]
        for rows, block in zip(missing, blocks, strict=True):
            store.write(rows, block)
            done += len(rows)
            progress("predict", done, len(images))
