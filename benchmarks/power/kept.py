"""Studies kept on disk, so that an interrupted run goes on where it ended and tables can be printed again."""

import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.power.population import Population
from benchmarks.power.studies import Key, Plan, draw_studies
from tailprobe.comparison.contrasts import Contrasts

Studies = Mapping[Key, Sequence[Contrasts]]


def draw(population: Population, plan: Plan, studies: int, *, workers: int, folder: Path) -> Studies:
    """Draw studies in parallel processes; those that `folder` has are read.

    Raises:
        SystemExit: the folder holds studies of another plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    described = folder / "plan.txt"
    if described.exists() and described.read_text() != repr(plan):
        raise SystemExit(f"{folder} holds studies of another plan; delete it, or give another --keep")
    described.write_text(repr(plan))
    missing = [number for number in range(studies) if not _file(folder, number).exists()]
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(partial(_draw_one, population, plan, folder), missing, chunksize=5))
    drawn = [pickle.loads(_file(folder, number).read_bytes()) for number in range(studies)]  # noqa: S301  (our own)
    return {key: [study[key] for study in drawn] for key in plan.keys}


def _draw_one(population: Population, plan: Plan, folder: Path, number: int) -> None:
    drawn = {key: _light(study) for key, study in draw_studies(population, plan, number).items()}
    unfinished = _file(folder, number).with_suffix(".part")
    unfinished.write_bytes(pickle.dumps(drawn))
    unfinished.replace(_file(folder, number))


def _light(study: Contrasts) -> Contrasts:
    """Keep the influences, nearly all of a study's bytes, in single precision: they serve the correlation alone."""
    return replace(study, joint=replace(study.joint, influence=study.joint.influence.astype(np.float32)))


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.pickle"
