"""The folder of the sample: new, incomplete, complete, or with other files."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from tailprobe.demo.write import JPEG_FOLDER, TIFF_FOLDER, tile_files, write_whole
from tailprobe.errors import InputError

TABLE = "train_v2.csv"
_RECIPE = "sample.json"
_EDITION = 1  # raise it when the same seed gives other bytes
_BYTES_A_TILE = 180_000

_README = """\
A sample drawn by tailprobe ({tiles} tiles, seed {seed})

Nothing here is a photograph: `tailprobe demo` drew every tile by rule. The files have the layout of "Planet:
Understanding the Amazon from Space", so that whatever reads one reads the other:

  train_v2.csv    image_name,tags: which of 17 tags each tile carries. Frequencies and co-occurrence follow Planet's
                  ({images} images); only those counts were taken from it. Every tag is on at least {fewest} tiles,
                  so in a small sample the rarest tags are more frequent than Planet's.
  train-jpg/      256 x 256 pixels, red, green, blue, 8 bits.
  train-tif-v2/   the same tiles, 16 bits: blue, green, red, near-infrared. Numbers are multiples of 64 (near-infrared
                  of 128) and deflated, to keep the folder small.
  sample.json     what the sample was drawn with. An interrupted drawing continues where it stopped.

Use it to try tailprobe, not to learn about the Amazon. It may be deleted and drawn again at any time, and used freely.
"""


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a sample."""

    tiles: int
    seed: int
    edition: int = _EDITION


def claim(folder: Path, recipe: Recipe, *, images: int, fewest: int) -> None:
    """Prepare the folder for the recipe's sample, or check that it is prepared.

    Raises:
        InputError: the folder holds something else, or another sample; nothing in it is changed.
    """
    if (folder / _RECIPE).is_file():
        _check_recipe(folder, recipe)
    elif folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: expected a folder for the sample, found a file; give another path")
    elif folder.is_dir() and any(folder.iterdir()):
        first = min(entry.name for entry in folder.iterdir())
        raise InputError(
            f"{folder}: expected a new or empty folder, or one with a sample, found {first!r}; give another folder"
        )
    for name in (JPEG_FOLDER, TIFF_FOLDER):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if not (folder / _RECIPE).is_file():
        write_whole(folder / _RECIPE, (json.dumps(asdict(recipe)) + "\n").encode())
    if not (folder / "README.txt").exists():
        text = _README.format(tiles=recipe.tiles, seed=recipe.seed, images=images, fewest=fewest)
        write_whole(folder / "README.txt", text.encode())


def missing_tiles(folder: Path, *, tiles: int) -> list[int]:
    """Return the tiles of which a file is missing or empty."""
    whole = {entry.path for name in (JPEG_FOLDER, TIFF_FOLDER) for entry in os.scandir(folder / name) if _holds(entry)}
    return [tile for tile in range(tiles) if not all(str(file) in whole for file in tile_files(folder, tile))]


def check_table(folder: Path, content: bytes) -> bool:
    """Return whether the label table exists.

    Raises:
        InputError: it is, but differs from what was drawn.
    """
    table = folder / TABLE
    if not table.exists():
        return False
    if table.read_bytes() != content:
        raise InputError(
            f"{table}: differs from the table of the sample; remove it to have it written again, or give another folder"
        )
    return True


def check_space(folder: Path, *, tiles: int) -> None:
    """Raise an InputError if the disk has too little space for `tiles` tiles."""
    free, needed = shutil.disk_usage(folder).free, tiles * _BYTES_A_TILE
    if free < needed:
        raise InputError(
            f"{folder}: {tiles} tiles need {needed / 1e6:.0f} MB, {free / 1e6:.0f} MB are free; "
            "give a folder on another disk or fewer tiles"
        )


def _check_recipe(folder: Path, recipe: Recipe) -> None:
    try:
        found = json.loads((folder / _RECIPE).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{folder / _RECIPE}: is not a sample's JSON ({error}); give another folder") from error
    if found != asdict(recipe):
        raise InputError(
            f"{folder}: holds a sample drawn with {found}, asked for {asdict(recipe)}; give another folder"
        )


def _holds(entry: "os.DirEntry[str]") -> bool:
    return entry.is_file() and entry.stat().st_size > 0
