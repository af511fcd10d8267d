"""A scene: a GeoTIFF of any size, read one window at a time through rasterio."""

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from tailprobe.errors import InputError, how_to_read
from tailprobe.use.scene.channels import Channels, FileBands, channels_of

WGS84 = "EPSG:4326"
_CACHE = 128  # megabytes of blocks that GDAL keeps, so that overlapping windows are decoded once


@dataclass(frozen=True, eq=False)
class Scene:
    """An open GeoTIFF and the bands that a model takes."""

    file: Any  # rasterio.DatasetReader
    channels: Channels
    path: Path

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.file.height), int(self.file.width)

    @cached_property
    def has_place(self) -> bool:
        """Whether pixels have a longitude and latitude."""
        from rasterio.errors import RasterioError
        from rasterio.warp import transform

        if self.file.crs is None or self.file.transform.is_identity:
            return False
        try:
            x, y = self.coordinates(0, 0)
            return bool(np.isfinite(transform(self.file.crs, WGS84, [x], [y])).all())
        except RasterioError:  # a local system, of a building or of another planet
            return False

    def coordinates(self, row: int, column: int) -> tuple[float, float]:
        """Return x and y of a pixel's upper left corner in the scene's reference system."""
        a, b, c, d, e, f = self.file.transform[:6]
        return a * column + b * row + c, d * column + e * row + f

    def etag(self) -> str:
        """Return a text that changes with the file: its size and modification time."""
        status = self.path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def pixels(self, row: int, column: int, size: tuple[int, int]) -> UInt8[np.ndarray, "h w c"] | None:
        """Return a window as 8-bit channels, pixels without data black; None if none has data.

        Args:
            row: its first.
            column: its first.
            size: height and width.

        Raises:
            InputError: the file is damaged there.
        """
        window = ((row, row + size[0]), (column, column + size[1]))
        numbers = list(self.channels.numbers)
        with readable(self.path):
            values = np.moveaxis(self.file.read(numbers, window=window), 0, -1)
            valid = (self.file.read_masks(numbers, window=window) > 0).all(axis=0) & np.isfinite(values).all(axis=-1)
        return self.channels.to_pixels(values, valid) if valid.any() else None


@contextmanager
def opened(path: Path, *, bands: str, given: str | None = None) -> Iterator[Scene]:
    """Open a scene.

    Args:
        path: the GeoTIFF.
        bands: those of the model, as `parse_bands` reads them.
        given: bands by the model's channels, see `channels_of`.

    Raises:
        InputError: rasterio is not installed, the file is no GeoTIFF, or as `channels_of`.
    """
    rasterio = import_rasterio()
    if not path.is_file():
        raise InputError(f"{path}: expected a GeoTIFF, but there is no such file; check the path")
    with rasterio.Env(GDAL_CACHEMAX=_CACHE), _quiet_about_place():
        with readable(path):
            file = rasterio.open(path, driver="GTiff")
        with file:
            yield Scene(file, channels_of(_bands_of(file, path), bands, given), path)


def import_rasterio() -> Any:  # noqa: ANN401 - a module without annotations
    """Return the module rasterio.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module("rasterio")
    except ImportError as error:
        raise InputError(f"maps need rasterio ({error}); pip install 'tailprobe[geotiff]'") from None


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn rasterio's errors of reading into an InputError of one line."""
    from rasterio.errors import RasterioError

    try:
        yield
    except RasterioError as error:
        reason = " ".join(str(error.__cause__ or error).split())[:200]
        raise InputError(f"{path}: is not a readable GeoTIFF ({reason}); {how_to_read(error, 'restore it')}") from error


def _bands_of(file: Any, path: Path) -> FileBands:  # noqa: ANN401
    if any(kind.startswith("complex") for kind in file.dtypes):
        raise InputError(f"{path}: holds complex numbers; write amplitudes as real numbers first")
    texts = tuple(text or "" for text in file.descriptions)
    return FileBands(texts, all(kind == "uint8" for kind in file.dtypes), str(path))


@contextmanager
def _quiet_about_place() -> Iterator[None]:
    """Ignore rasterio's warning that a file has no georeference, which is said by a note."""
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
