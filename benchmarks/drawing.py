"""What part of a study's time its figures, tables and page take: `tailprobe demo`, from its first image to its page.

python -m benchmarks.drawing [--seeds 5] [--figures all]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from benchmarks.row import Row, table
from tailprobe.progress import Progress
from tailprobe.runs.run import Run


def rows(*, seeds: int = 5, figures: str = "all") -> list[Row]:
    """Run the demo in an empty folder with a cache of its own, and time what is drawn of it."""
    started = time.perf_counter()
    with TemporaryDirectory() as folder:
        drawn = _demo(Path(folder), seeds=seeds, settings={"figures": figures})
    whole = time.perf_counter() - started
    everything = sum(drawn.values())
    return [
        Row("the whole demo", whole, "s"),
        *(Row(f"drawing: {name}", seconds, "s") for name, seconds in drawn.items()),
        Row("drawing, of the whole", 100 * everything / whole, "%"),
    ]


def _demo(folder: Path, *, seeds: int, settings: dict[str, Any]) -> dict[str, float]:
    """Return the seconds that each thing drawn took, with the import of what draws it."""
    from tailprobe.demo import draw_sample
    from tailprobe.runs.settings import Study
    from tailprobe.study import run as study_run
    from tailprobe.study.execution import Execution

    seconds: dict[str, float] = {}
    drawn = study_run.DRAWN
    study_run.DRAWN = MappingProxyType({name: _timed(name, draw, seconds) for name, draw in drawn.items()})
    try:
        images = draw_sample(folder / "data", tiles=3000, seed=0)
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
    parser.add_argument("--figures", choices=("none", "svg", "all"), default="all")
    given = parser.parse_args()
    print(table("drawing", (__doc__ or "").splitlines()[0], rows(seeds=given.seeds, figures=given.figures)))
