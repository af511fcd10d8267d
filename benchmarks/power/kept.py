"""Studies kept on disk as arrays, so that an interrupted run continues and tables can be printed again."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

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
    drawn = [_read(_file(folder, number), plan) for number in range(studies)]
    return {key: [study[key] for study in drawn] for key in plan.keys}


def _draw_one(population: Population, plan: Plan, folder: Path, number: int) -> None:
    drawn = draw_studies(population, plan, number)
    unfinished = _file(folder, number).with_suffix(".part")
    lightened = [_light(drawn[key]) for key in plan.keys]
    flat = {name: value for n, study in enumerate(lightened) for name, value in _flat(study, f"{n}").items()}
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **flat)
    unfinished.replace(_file(folder, number))


def _read(path: Path, plan: Plan) -> dict[Key, Contrasts]:
    with np.load(path, allow_pickle=False) as arrays:
        return {key: _built(Contrasts, arrays, f"{n}") for n, key in enumerate(plan.keys)}


def _flat(value: Any, name: str) -> dict[str, np.ndarray]:  # noqa: ANN401 - the fields of any of our values
    """Return a dataclass as arrays by path; what is no array as JSON text."""
    if is_dataclass(value):
        return {k: a for f in fields(value) for k, a in _flat(getattr(value, f.name), f"{name}.{f.name}").items()}
    return {name: value if isinstance(value, np.ndarray) else np.array(json.dumps(value))}


def _built(kind: Any, arrays: Mapping[str, np.ndarray], name: str) -> Any:  # noqa: ANN401 - as above
    """Return the value that `_flat` took apart."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: _built(hints[f.name], arrays, f"{name}.{f.name}") for f in fields(kind)})
    found = arrays[name]
    if found.dtype.kind != "U":
        return found
    plain = json.loads(str(found))
    return tuple(plain) if isinstance(plain, list) else plain


def _light(study: Contrasts) -> Contrasts:
    """Keep the influences, nearly all of a study's bytes, in single precision: they serve the correlation alone."""
    return replace(study, joint=replace(study.joint, influence=study.joint.influence.astype(np.float32)))


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.npz"
