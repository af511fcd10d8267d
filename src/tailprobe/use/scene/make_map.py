"""Map a scene: score its tiles, average the scores on a grid, and write maps and footprints."""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from tailprobe.errors import InputError
from tailprobe.files import make_folder, write_text
from tailprobe.lock import locked_file
from tailprobe.progress import Progress, silent
from tailprobe.use.blocks import ScoredBlock
from tailprobe.use.classifier import Classifier
from tailprobe.use.predict import described
from tailprobe.use.scene.footprints import TaggedTile, tagged_tiles, write_footprints
from tailprobe.use.scene.grid import TileGrid, cut
from tailprobe.use.scene.raster import Scene, opened
from tailprobe.use.scene.score_map import mean_by_cell, write_map
from tailprobe.use.scene.tiles import TileScores, TileStore, score_tiles
from tailprobe.use.tagging import Summary, TaggedBlock, summarise, tag

_LOG = logging.getLogger(__name__)
MAP, FOOTPRINTS, ABOUT = "scores.tif", "tiles.geojson", "scene.json"


@dataclass(frozen=True)
class SceneOptions:
    """How a scene is read and cut."""

    bands: str | None = None  # red=3,green=2,blue=1; None for the names in the file
    tile: int | None = None  # side in pixels; None for the size of the training images
    overlap: float = 0.5  # share of a tile's side


@dataclass(frozen=True, eq=False)
class SceneMap:
    """What was written."""

    summary: Summary  # its images are the tiles with data
    tiles: int
    footprints: int | None  # features in `tiles.geojson`; None without georeference
    files: tuple[Path, ...]


def map_scene(
    classifier: Classifier,
    model: str,
    path: Path,
    out: Path,
    options: SceneOptions,
    *,
    aims: Sequence[str] | None = None,
    progress: Progress = silent,
) -> SceneMap:
    """Score the tiles of a GeoTIFF, and write `scores.tif`, `tiles.geojson` and `scene.json`.

    One tile after the other is read. Scored blocks of tiles are kept in the folder until it is complete; a repeated
    call continues from them and writes the same bytes.

    Args:
        classifier: the model.
        model: digest of the model folder.
        path: the GeoTIFF.
        out: the folder, created if it is missing; files of an earlier map are replaced.
        options: how the scene is read and cut.
        aims: as for `Classifier.decisions`.
        progress: called as progress("score tiles", done, total).

    Raises:
        InputError: the scene cannot be read, is smaller than a tile, lacks bands, or the size of tiles is not known;
            or a file cannot be written.
    """
    if out.exists() and path.resolve() == (out / MAP).resolve():
        raise InputError(f"--out {out}: its {MAP} is the scene; give another folder")
    with opened(path, bands=classifier.encoder.bands, given=options.bands) as scene:
        grid = cut(scene.size, _tile_size(classifier, options), options.overlap, where=str(path))
        make_folder(out)
        with locked_file(out / MAP):
            store = TileStore(out / ".tiles", model, scene, grid)
            _note(scene, grid)
            score_tiles(store, classifier, scene, grid, progress=progress)
            done = _write(store, classifier, scene, grid, out, aims)
            write_text(out / ABOUT, json.dumps(_about(done, scene, grid, model), indent=1, allow_nan=False))
            store.remove()
    return done


def _tile_size(classifier: Classifier, options: SceneOptions) -> tuple[int, int]:
    known = classifier.facts.image_size
    if options.tile is None and known is None:
        raise InputError(
            "the model does not know the size of its training images; give the side of a tile, e.g. --tile 64"
        )
    if options.tile is None:
        assert known is not None
        return known
    if known not in (None, (options.tile, options.tile)):
        _LOG.warning(
            "tiles of %d pixels, and the model was trained on images of %d x %d: objects have another size in them",
            options.tile, known[1], known[0],
        )  # fmt: skip
    return options.tile, options.tile


def _note(scene: Scene, grid: TileGrid) -> None:
    _LOG.info(
        "%s: %s tiles of %d x %d pixels every %d x %d; bands %s", scene.path, f"{len(grid):,}", grid.columns.tile,
        grid.rows.tile, grid.columns.step, grid.rows.step, scene.channels,
    )  # fmt: skip
    if not scene.has_place:
        _LOG.warning(
            "%s: has no georeference in longitude and latitude, so %s is not written; add one with gdal_translate or "
            "gdalwarp", scene.path, FOOTPRINTS,
        )  # fmt: skip


def _write(
    store: TileStore, classifier: Classifier, scene: Scene, grid: TileGrid, out: Path, aims: Sequence[str] | None
) -> SceneMap:
    classes = classifier.classes
    summary = summarise(classifier, (block.scored() for block in store.blocks(len(classes))), aims)
    rows = tile_rows(classifier, store.blocks(len(classes)), grid)
    write_map(out / MAP, mean_by_cell(rows, grid), scene, grid, classes)
    files, footprints = [out / MAP], None
    if scene.has_place:
        tagged = _tagged(classifier, store.blocks(len(classes)), summary)
        footprints = write_footprints(out / FOOTPRINTS, tagged, scene, grid)
        files.append(out / FOOTPRINTS)
    else:
        (out / FOOTPRINTS).unlink(missing_ok=True)  # of an earlier map
    return SceneMap(summary, len(grid), footprints, (*files, out / ABOUT))


def tile_rows(
    classifier: Classifier, blocks: Iterable[TileScores], grid: TileGrid
) -> Iterator[Float64[np.ndarray, "T C"]]:
    """Yield the probabilities of each row of tiles; NaN for tiles without data."""
    wide = len(grid.columns.starts)
    parts: list[np.ndarray] = []
    for block in blocks:
        parts.append(classifier.calibration.probabilities(block.log_odds.astype(np.float64)))
        if sum(map(len, parts)) >= wide:
            joined = np.concatenate(parts)
            whole = len(joined) // wide * wide
            yield from joined[:whole].reshape(-1, wide, joined.shape[1])
            parts = [joined[whole:]]


def _tagged(classifier: Classifier, blocks: Iterable[TileScores], summary: Summary) -> Iterator[list[TaggedTile]]:
    for block in blocks:
        nothing = ("",) * len(block.unlike)
        found: TaggedBlock = tag(classifier, ScoredBlock(nothing, block.log_odds, block.unlike, nothing), summary)
        yield tagged_tiles(block.first, found.tags, found.uncertain, found.probabilities, classifier.classes)


def _about(done: SceneMap, scene: Scene, grid: TileGrid, model: str) -> dict[str, object]:
    crs = scene.file.crs
    about = described(done.summary, model)
    del about["unreadable"]  # a tile that cannot be read ends the map
    return {
        "scene": scene.path.name,
        "pixels": {"width": scene.size[1], "height": scene.size[0]},
        "crs": None if crs is None else crs.to_string(),
        "bands": str(scene.channels),
        "tile": {"width": grid.columns.tile, "height": grid.rows.tile},
        "step": {"width": grid.columns.step, "height": grid.rows.step},
        "tiles": len(grid),
        "tiles_with_data": about.pop("images"),
        "footprints": done.footprints,
        **about,
    }
