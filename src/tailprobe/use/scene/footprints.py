"""Tiles above the thresholds, as GeoJSON in longitude and latitude (RFC 7946)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.files import write_whole
from tailprobe.use.scene.grid import TileGrid
from tailprobe.use.scene.raster import WGS84, Scene

_DIGITS = 7  # of degrees: 1 cm


@dataclass(frozen=True)
class TaggedTile:
    """A tile above the threshold of a class."""

    tile: int
    class_name: str
    score: float  # calibrated probability
    uncertain: bool  # whether another head of the method could decide otherwise


def write_footprints(path: Path, blocks: Iterable[Sequence[TaggedTile]], scene: Scene, grid: TileGrid) -> int:
    """Write a GeoJSON feature for each tile and class, one a line, and return their number.

    A tile across the 180th meridian is a MultiPolygon of its two parts.

    Args:
        path: the file, replaced.
        blocks: tiles, some at a time.
        scene: with coordinates.
        grid: its tiles.

    Raises:
        InputError: as `write_whole`.
    """
    number = 0
    with write_whole(path) as partial, partial.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for block in blocks:
            for tagged, outline in zip(block, outlines(scene, grid, [tagged.tile for tagged in block]), strict=True):
                file.write(",\n" if number else "\n")
                file.write(json.dumps(_feature(tagged, outline, grid), ensure_ascii=False, allow_nan=False))
                number += 1
        file.write("\n]}\n")
    return number


def _feature(tagged: TaggedTile, outline: dict[str, Any], grid: TileGrid) -> dict[str, Any]:
    row, column = grid.place(tagged.tile)
    properties = {
        "class": tagged.class_name, "score": round(tagged.score, 6), "uncertain": tagged.uncertain,
        "column": column, "row": row, "width": grid.columns.tile, "height": grid.rows.tile,
    }  # fmt: skip
    return {"type": "Feature", "geometry": outline, "properties": properties}


def outlines(scene: Scene, grid: TileGrid, tiles: Sequence[int]) -> list[dict[str, Any]]:
    """Return tiles as GeoJSON geometries in longitude and latitude, their rings counter-clockwise."""
    from rasterio.warp import transform_geom

    squares = [{"type": "Polygon", "coordinates": [_corners(scene, grid, tile)]} for tile in tiles]
    if not squares:
        return []
    found = transform_geom(scene.file.crs, WGS84, squares, antimeridian_cutting=True)
    return [_counter_clockwise(geometry) for geometry in found]


def _corners(scene: Scene, grid: TileGrid, tile: int) -> list[tuple[float, float]]:
    row, column = grid.place(tile)
    bottom, right = row + grid.rows.tile, column + grid.columns.tile
    corners = [(row, column), (bottom, column), (bottom, right), (row, right), (row, column)]
    return [scene.coordinates(*corner) for corner in corners]


def _counter_clockwise(geometry: dict[str, Any]) -> dict[str, Any]:
    if geometry["type"] == "Polygon":
        return {"type": "Polygon", "coordinates": [_ring(ring) for ring in geometry["coordinates"]]}
    parts = [[_ring(ring) for ring in polygon] for polygon in geometry["coordinates"]]
    return {"type": geometry["type"], "coordinates": parts}


def _ring(points: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return an outer ring rounded and counter-clockwise, by the sign of its area (the shoelace formula)."""
    x, y = np.array(points, dtype=float)[:, :2].T
    area = (x[:-1] * y[1:] - x[1:] * y[:-1]).sum()
    ordered = points if area > 0 else list(reversed(points))
    return [[round(float(value), _DIGITS) for value in point[:2]] for point in ordered]


def tagged_tiles(
    first: int, tags: np.ndarray, uncertain: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> list[TaggedTile]:
    """Return a block's tiles above a threshold, by tile and then by class; the arrays are (B, C)."""
    return [
        TaggedTile(first + int(place), classes[c], float(probabilities[place, c]), bool(uncertain[place, c]))
        for place, c in zip(*np.nonzero(tags), strict=True)
    ]
