"""How a scene is cut into overlapping tiles, and the coarser grid that their scores are averaged on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64, Int

from tailprobe.errors import InputError


@dataclass(frozen=True)
class Axis:
    """Tiles and cells along one side of a scene; all lengths in pixels.

    A tile begins every `step` pixels. The last one is moved back to end with the scene, so that every pixel lies in a
    tile. Cells are `step` long, the last one beyond the end of the scene where its length is no multiple.

    >>> axis = Axis(length=100, tile=40, step=20)
    >>> axis.starts.tolist(), Axis(length=90, tile=40, step=20).starts.tolist()
    ([0, 20, 40, 60], [0, 20, 40, 50])
    """

    length: int
    tile: int
    step: int

    @cached_property
    def starts(self) -> Int[np.ndarray, " T"]:
        """(T,) first pixel of each tile, ascending."""
        last = self.length - self.tile
        starts = np.arange(0, last + 1, self.step)
        return starts if starts[-1] == last else np.append(starts, last)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return -(-self.length // self.step)

    @property
    def reach(self) -> int:
        """The largest number of cells that a tile touches."""
        return -(-self.tile // self.step) + 1

    def touched(self, offset: int) -> tuple[Int[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
        """Return for each tile the cell `offset` after its first, and how many pixels of it the tile covers.

        Cells that a tile does not reach are the last cell, with 0 pixels.
        """
        cell = self.starts // self.step + offset
        covered = np.minimum(self.starts + self.tile, (cell + 1) * self.step) - np.maximum(
            self.starts, cell * self.step
        )
        return np.minimum(cell, self.cells - 1), np.maximum(covered, 0).astype(np.float64)


@dataclass(frozen=True)
class TileGrid:
    """The tiles of a scene, numbered by rows."""

    rows: Axis
    columns: Axis

    def __len__(self) -> int:
        return len(self.rows.starts) * len(self.columns.starts)

    def place(self, tile: int) -> tuple[int, int]:
        """Return the row and column of a tile's first pixel."""
        row, column = divmod(tile, len(self.columns.starts))
        return int(self.rows.starts[row]), int(self.columns.starts[column])


def cut(size: tuple[int, int], tile: tuple[int, int], overlap: float, *, where: str) -> TileGrid:
    """Return the tiles of a scene.

    Args:
        size: height and width of the scene.
        tile: height and width of a tile.
        overlap: share of a tile's side that its neighbour shares, from 0 to 0.95.
        where: the scene, for messages.

    Raises:
        InputError: the scene is smaller than a tile, or a number is out of range.
    """
    if not 0 <= overlap <= 0.95:
        raise InputError(f"overlap is {overlap:g}; expected a share of the tile from 0 to 0.95, e.g. 0.5")
    if min(tile) < 1:
        raise InputError(f"tiles of {tile[1]} x {tile[0]} pixels; expected at least one pixel, e.g. 64")
    if size[0] < tile[0] or size[1] < tile[1]:
        raise InputError(
            f"{where}: {size[1]} x {size[0]} pixels are smaller than a tile of {tile[1]} x {tile[0]}; give a smaller "
            "--tile, or score the file as one image with tailprobe predict"
        )
    rows, columns = (
        Axis(length, side, max(1, round(side * (1 - overlap)))) for length, side in zip(size, tile, strict=True)
    )
    return TileGrid(rows, columns)
