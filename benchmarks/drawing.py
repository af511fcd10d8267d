"""What part of a study's time its figures, tables and page take: that of `tailprobe demo`, from images to page.

python -m benchmarks.drawing [--seeds 5] [--tiles 3000] [--figures all]

The time in which the demo draws its images is no part of the study's. Seconds are of the clock; on a machine that does
other work too, look at the share alone.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from benchmarks.row import Row, table
from tailprobe.demo import draw_sample
from tailprobe.progress import Progress
from tailprobe.runs.run import Run


def rows(*, seeds: int = 5, tiles: int = 3000, figures: str = "all") -> list[Row]:
    """Run the demo in an empty folder with a cache of its own, and time what is drawn of it."""
    with TemporaryDirectory() as folder:
        images = draw_sample(Path(folder) / "data", tiles=tiles, seed=0)
        started = time.perf_counter()
        drawn = _study(images, Path(folder), seeds=seeds, settings={"figures": figures})
        whole = time.perf_counter() - started
    everything = sum(drawn.values())
    return [
        Row("the whole study", whole, "s"),
        *(Row(f"drawing: {name}", seconds, "s") for name, seconds in drawn.items()),
        Row("drawing, of the whole", 100 * everything / whole, "%"),
    ]


def _study(images: Path, folder: Path, *, seeds: int, settings: dict[str, Any]) -> dict[str, float]:
    """Return the seconds that each thing drawn took, with the import of what draws it."""
    from tailprobe.runs.settings import Study
    from tailprobe.study import run as study_run
    from tailprobe.study.execution import Execution

    seconds: dict[str, float] = {}
    drawn = study_run.DRAWN
    study_run.DRAWN = MappingProxyType({name: _timed(name, draw, seconds) for name, draw in drawn.items()})
    try:
        study = Study(source=str(images), reader={"format": "planet"}, seeds=seeds, **settings)
        study_run.run_study(study, folder / "run", Execution(cache=folder / "cache"))
    finally:
        study_run.DRAWN = drawn
    return seconds


def _timed(name: str, draw: Callable[..., list[Path]], seconds: dict[str, float]) -> Callable[..., list[Path]]:
    def timed(run: Run, progress: Progress) -> list[Path]:
        started = time.perf_counter()
        files = draw(run, progress)
        seconds[name] = time.perf_counter() - started
        return files

    return timed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tiles", type=int, default=3000)
    parser.add_argument("--figures", choices=("none", "svg", "all"), default="all")
    given = parser.parse_args()
    print(
        table(
            "drawing",
            (__doc__ or "").splitlines()[0],
            rows(seeds=given.seeds, tiles=given.tiles, figures=given.figures),
        )
    )
