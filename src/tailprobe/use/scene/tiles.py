"""Score the tiles of a scene block by block; each block is stored, so that an interrupted map can continue."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tailprobe.embeddings.shard import Row, concat
from tailprobe.embeddings.work import PreparedImage, batch_size, encode_groups, prefetch
from tailprobe.encoders.channels import channels_for
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.files import make_folder, write_text, write_whole
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent
from tailprobe.use.blocks import ScoredBlock, score_shard
from tailprobe.use.classifier import Classifier
from tailprobe.use.scene.grid import TileGrid
from tailprobe.use.scene.raster import Scene

BLOCK = 1024  # tiles
_AHEAD = 96  # tiles read and prepared before they are encoded
_Tile = tuple[int, UInt8[np.ndarray, "h w c"]]  # number and pixels


@dataclass(frozen=True, eq=False)
class TileScores:
    """The head's scores of B consecutive tiles; NaN for a tile without data."""

    first: int  # number of the first tile
    log_odds: Float32[np.ndarray, "B C"]  # before calibration
    unlike: Bool[np.ndarray, " B"]  # unlike the training images

    @property
    def with_data(self) -> Bool[np.ndarray, " B"]:
        """(B,) whether a tile was scored."""
        return ~np.isnan(self.log_odds).any(axis=1)

    def scored(self) -> ScoredBlock:
        """Return the tiles with data as a block of images."""
        kept = self.with_data
        nothing = ("",) * int(kept.sum())
        return ScoredBlock(nothing, self.log_odds[kept], self.unlike[kept], nothing)


def tile_ranges(grid: TileGrid) -> list[range]:
    """Return the tiles of each block."""
    return [range(start, min(start + BLOCK, len(grid))) for start in range(0, len(grid), BLOCK)]


class TileStore:
    """The scored blocks of one map in a folder; blocks of other settings are discarded."""

    def __init__(self, folder: Path, model: str, scene: Scene, grid: TileGrid) -> None:
        """Open the folder, and empty it if its blocks are of another model, scene or grid.

        Args:
            folder: created if it is missing.
            model: digest of the model.
            scene: the scene; a file with another size or modification time is another scene.
            grid: its tiles.
        """
        self.folder, self._grid = folder, grid
        make_folder(folder)
        settings = [model, BLOCK, str(scene.path.resolve()), scene.etag(), str(scene.channels), repr(grid)]
        about = hashlib.sha256(json.dumps(settings).encode()).hexdigest()
        manifest = folder / "manifest.json"
        if not manifest.is_file() or manifest.read_text(encoding="utf-8") != about:
            self._clear()
            write_text(manifest, about)

    def _clear(self) -> None:
        for path in [*self.folder.glob("*.safetensors"), *self.folder.glob(".*"), self.folder / "manifest.json"]:
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder."""
        self._clear()
        self.folder.rmdir()

    def path(self, tiles: range) -> Path:
        """Return the file of a block."""
        return self.folder / f"tiles-{tiles.start // BLOCK:07d}.safetensors"

    def write(self, scores: TileScores) -> None:
        """Store a block."""
        path = self.path(range(scores.first, scores.first + len(scores.unlike)))
        with write_whole(path) as partial_file:
            save_file({"log_odds": scores.log_odds, "unlike": scores.unlike}, partial_file)

    def read(self, tiles: range, classes: int) -> TileScores | None:
        """Return a block; None if it is missing or damaged."""
        try:
            arrays = load_file(self.path(tiles))
            scores = TileScores(tiles.start, arrays["log_odds"], arrays["unlike"])
        except (OSError, SafetensorError, KeyError):
            return None
        return scores if scores.log_odds.shape == (len(tiles), classes) and len(scores.unlike) == len(tiles) else None

    def blocks(self, classes: int) -> Iterator[TileScores]:
        """Yield all blocks, in order.

        Raises:
            InputError: a block was removed meanwhile.
        """
        for tiles in tile_ranges(self._grid):
            scores = self.read(tiles, classes)
            if scores is None:
                raise InputError(f"{self.path(tiles)}: was removed or changed meanwhile; repeat the command")
            yield scores


def score_tiles(
    store: TileStore, classifier: Classifier, scene: Scene, grid: TileGrid, *, progress: Progress = silent
) -> None:
    """Score and store the blocks that are missing."""
    missing = [tiles for tiles in tile_ranges(grid) if store.read(tiles, len(classifier.classes)) is None]
    done = len(grid) - sum(map(len, missing))
    progress("score tiles", done, len(grid))
    for tiles in missing:
        store.write(score_block(classifier, scene, grid, tiles))
        done += len(tiles)
        progress("score tiles", done, len(grid))


def score_block(classifier: Classifier, scene: Scene, grid: TileGrid, tiles: range) -> TileScores:
    """Return the scores of consecutive tiles; each is read when its turn comes, and prepared in a thread."""
    encoder = classifier.loaded_encoder
    log_odds = np.full((len(tiles), len(classifier.classes)), np.nan, dtype=np.float32)
    unlike = np.zeros(len(tiles), dtype=bool)
    with ThreadPoolExecutor(cores()) as pool:
        prepared = prefetch(pool, _with_data(scene, grid, tiles), partial(_prepare, encoder), _AHEAD)
        with closing(encode_groups(encoder, _groups(prepared, batch_size(encoder)))) as shards:
            parts = list(shards)
    if parts:
        block = score_shard(classifier, concat(parts))
        places = np.array([int(name) for name in block.names]) - tiles.start
        log_odds[places], unlike[places] = block.log_odds, block.unlike
    return TileScores(tiles.start, log_odds, unlike)


def _with_data(scene: Scene, grid: TileGrid, tiles: range) -> Iterator[_Tile]:
    size = (grid.rows.tile, grid.columns.tile)
    for tile in tiles:
        pixels = scene.pixels(*grid.place(tile), size)
        if pixels is not None:
            yield tile, pixels


def _prepare(encoder: Encoder, tile: _Tile) -> PreparedImage:
    number, pixels = tile
    row = Row(str(number), "", b"\0" * 32, pixels.shape[1], pixels.shape[0], "")
    return row, encoder.prepare(channels_for(encoder, pixels))


def _groups(prepared: Iterator[PreparedImage], size: int) -> Iterator[list[PreparedImage]]:
    while group := list(islice(prepared, size)):
        yield group
