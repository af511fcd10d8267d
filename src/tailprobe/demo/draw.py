"""Draw the sample: the tags of all tiles first, then the tiles by several processes, the label table last."""

import math
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from tailprobe.demo.cooccurrence import planet_cooccurrence
from tailprobe.demo.folder import TABLE, Recipe, check_space, check_table, claim, missing_tiles
from tailprobe.demo.labels import FEWEST, MIN_TILES, draw_labels
from tailprobe.demo.landscape import draw_scene
from tailprobe.demo.write import write_tile, write_whole
from tailprobe.errors import InputError
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent

_BATCH = 25  # tiles a task: less than a second of work, so that progress is updated often
# Deviations of a scene's red, green and blue in the JPEG, bytes: of all together, and of each.
_LIGHT, _CAST = 3.5, np.array([2.2, 1.3, 3.0])
# The purposes of a seed's streams; randomness.generator would load torch, seconds for each process.
_LABELS, _TILES = 0, 1


def draw_sample(
    folder: Path, *, tiles: int = 3000, seed: int = 0, progress: Progress = silent, workers: int | None = None
) -> Path:
    """Draw a long-tailed multi-label sample of satellite-like tiles, in Planet's format.

    Writes `train_v2.csv`, `train-jpg/`, `train-tif-v2/` and a README.txt that says what they are. The tags follow
    Planet's frequencies and co-occurrence (see `draw_labels`); every tag is on at least 7 tiles. A folder that already
    holds this sample is returned unchanged; an incomplete one is completed. One process at a time may draw in a folder.

    Args:
        folder: new, empty, or with this sample.
        tiles: number of tiles, at least 100.
        seed: 0 or more; the same seed gives the same bytes, whatever the number of workers. On another kind of
            processor matrix products may differ in their last digits, and a few pixels then differ by one step.
        progress: called with the stage "draw" and the number of tiles.
        workers: processes; by default one per core.

    Returns:
        `folder`.

    Raises:
        InputError: too few tiles, a negative seed, a folder that holds anything else, or one that cannot be written.
    """
    _check_arguments(tiles, seed)
    tags = _draw_tags(tiles, seed)
    table = _table(tags).encode()
    try:
        claim(folder, Recipe(tiles, seed), images=planet_cooccurrence().images, fewest=FEWEST)
        tabled = check_table(folder, table)
        missing = missing_tiles(folder, tiles=tiles)
        check_space(folder, tiles=len(missing))
        progress("draw", tiles - len(missing), tiles)
        _draw_tiles(folder, tags, missing, seed=seed, progress=progress, workers=workers)
        if not tabled:
            write_whole(folder / TABLE, table)  # last: a folder with a table is a whole sample
    except OSError as error:
        raise InputError(
            f"{folder}: the sample cannot be written ({error}); fix that or give another folder"
        ) from error
    return folder


def _check_arguments(tiles: int, seed: int) -> None:
    if tiles < MIN_TILES:
        raise InputError(f"a sample needs at least {MIN_TILES} tiles for a long tail, got {tiles}; ask for more")
    if seed < 0:
        raise InputError(f"the sample's seed must be 0 or more, got {seed}")


def _stream(seed: int, *purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=purpose))


def _draw_tags(tiles: int, seed: int) -> list[tuple[str, ...]]:
    planet = planet_cooccurrence()
    matrix = draw_labels(planet, tiles=tiles, rng=_stream(seed, _LABELS))
    return [tuple(sorted(planet.tags[t] for t in np.flatnonzero(row))) for row in matrix]


def _table(tags: Sequence[tuple[str, ...]]) -> str:
    return "image_name,tags\n" + "".join(f"train_{tile},{' '.join(names)}\n" for tile, names in enumerate(tags))


def _draw_tiles(
    folder: Path,
    tags: Sequence[tuple[str, ...]],
    missing: Sequence[int],
    *,
    seed: int,
    progress: Progress,
    workers: int | None,
) -> None:
    tasks = [
        (folder, seed, [(tile, tags[tile]) for tile in missing[start : start + _BATCH]])
        for start in range(0, len(missing), _BATCH)
    ]
    processes = min(workers or cores(), math.ceil(len(tasks) / 2))  # starting one takes as long as two tasks
    done = len(tags) - len(missing)
    if processes <= 1:
        for task in tasks:
            done += _draw_batch(*task)
            progress("draw", done, len(tags))
        return
    # Spawned, not forked: the caller may have started threads (torch does), which a fork would leave locked.
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    with pool:
        try:
            for batch in as_completed([pool.submit(_draw_batch, *task) for task in tasks]):
                done += batch.result()
                progress("draw", done, len(tags))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _draw_batch(folder: Path, seed: int, batch: Sequence[tuple[int, tuple[str, ...]]]) -> int:
    """Draw and write some tiles, each from its own random stream, and return how many."""
    with threadpool_limits(1, user_api="blas"):  # several threads would sum in another order: other last digits
        for tile, tags in batch:
            rng = _stream(seed, _TILES, tile)
            numbers = draw_scene(frozenset(tags), rng=rng)
            write_tile(folder, tile, numbers, cast=_LIGHT * rng.standard_normal() + _CAST * rng.standard_normal(3))
    return len(batch)
