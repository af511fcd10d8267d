"""The map of a scene: the scores of overlapping tiles averaged on a grid, as a cloud-optimised GeoTIFF."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from tailprobe.errors import InputError
from tailprobe.files import write_error_message, write_whole
from tailprobe.use.scene.grid import Axis, TileGrid
from tailprobe.use.scene.raster import Scene, import_rasterio

_COG = {
    "COMPRESS": "DEFLATE", "PREDICTOR": "YES", "BIGTIFF": "IF_SAFER", "BLOCKSIZE": 256,
    "OVERVIEW_RESAMPLING": "AVERAGE",
}  # fmt: skip


def mean_by_cell(
    tile_rows: Iterable[Float64[np.ndarray, "T C"]], grid: TileGrid
) -> Iterator[Float32[np.ndarray, "W C"]]:
    """Yield the cells of the map row by row: the mean score of the tiles over a cell, weighted by the area they cover.

    Memory grows with the width of the scene and not with its height.

    Args:
        tile_rows: for each row of tiles, (T, C) probabilities of its T tiles, NaN for tiles without data.
        grid: the tiles.

    Yields:
        (W, C) scores of the W cells of a row; NaN where no tile with data lies.
    """
    waiting: dict[int, np.ndarray] = {}  # (W, C + 1) weighted sums and weights of rows that later tiles may add to
    following = 0
    for row, scores in enumerate(tile_rows):
        across = _across(scores, grid.columns)
        for offset in range(grid.rows.reach):
            cells, covered = grid.rows.touched(offset)
            cell, weight = int(cells[row]), float(covered[row])
            if weight:
                waiting[cell] = waiting.get(cell, 0) + weight * across
        starts = grid.rows.starts
        done = int(starts[row + 1]) // grid.rows.step if row + 1 < len(starts) else grid.rows.cells
        for cell in range(following, done):
            yield _mean(waiting.pop(cell))
        following = done


def _across(scores: Float64[np.ndarray, "T C"], axis: Axis) -> Float64[np.ndarray, "W _"]:
    """Return (W, C + 1) sums over the tiles at each cell: scores times the pixels covered, and these pixels."""
    with_data = ~np.isnan(scores).any(axis=1)
    values = np.column_stack([np.where(with_data[:, None], scores, 0), with_data])
    total = np.zeros((axis.cells, values.shape[1]))
    for offset in range(axis.reach):
        cells, covered = axis.touched(offset)
        np.add.at(total, cells, covered[:, None] * values)
    return total


def _mean(total: Float64[np.ndarray, "W _"]) -> Float32[np.ndarray, "W C"]:
    with np.errstate(invalid="ignore"):
        return (total[:, :-1] / total[:, -1:]).astype(np.float32)


def write_map(
    path: Path, rows: Iterable[Float32[np.ndarray, "W C"]], scene: Scene, grid: TileGrid, classes: Sequence[str]
) -> None:
    """Write the cells as a cloud-optimised GeoTIFF: float32, a band a class with its name, NaN where there is no score.

    Args:
        path: the file, replaced.
        rows: of cells, from the top.
        scene: whose reference system the map has.
        grid: its tiles.
        classes: (C,) names of the bands.

    Raises:
        InputError: the disk is full, or there is no right to write.
    """
    plain = path.with_name(f".{path.name}.plain.tif")
    try:
        with _writing(path):
            _write_plain(plain, rows, scene, grid, classes)
            with write_whole(path) as partial:
                _copy_checked(plain, partial, path)
    finally:
        plain.unlink(missing_ok=True)


def _write_plain(path: Path, rows: Iterable[np.ndarray], scene: Scene, grid: TileGrid, classes: Sequence[str]) -> None:
    """Write a GeoTIFF line by line, which a cloud-optimised one cannot be; GDAL makes that one of it."""
    rasterio = import_rasterio()
    a, b, c, d, e, f = scene.file.transform[:6]
    across, down = grid.columns.step, grid.rows.step
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": len(classes), "nodata": float("nan"), "BIGTIFF": "IF_SAFER",
        "height": grid.rows.cells, "width": grid.columns.cells, "blockysize": 1, "interleave": "band",
        "crs": scene.file.crs, "transform": rasterio.Affine(a * across, b * down, c, d * across, e * down, f),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        for band, name in enumerate(classes, start=1):
            file.set_band_description(band, name)
        for row, cells in enumerate(rows):
            file.write(np.ascontiguousarray(cells.T[:, None, :]), window=((row, row + 1), (0, grid.columns.cells)))
    expected = 4 * len(classes) * grid.rows.cells * grid.columns.cells
    if path.stat().st_size < expected:
        raise OSError("No space left on device")  # GDAL's own error is lost where it writes at closing


def _copy_checked(plain: Path, partial: Path, path: Path) -> None:
    from rasterio.shutil import copy

    copy(plain, partial, driver="COG", **_COG)
    if _checksums(plain) != _checksums(partial):
        raise InputError(f"{path}: could not be written whole; free disk space and run the same command again")


def _checksums(path: Path) -> list[int]:
    with import_rasterio().open(path) as file:
        return [file.checksum(band) for band in file.indexes]


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn GDAL's errors of writing into an InputError; other errors of the system go on."""
    from rasterio.errors import RasterioError

    try:
        yield
    except RasterioError as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise InputError(
            write_error_message(OSError(reason), path) or f"{path}: cannot be written ({reason[:200]})"
        ) from error
    except OSError as error:
        message = write_error_message(error, path)
        if message is None:
            raise
        raise InputError(message) from error
