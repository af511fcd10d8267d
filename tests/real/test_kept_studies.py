"""A study of `benchmarks.power` that was kept on disk is the one that was drawn, bit for bit, and no pickle."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.power import kept
from benchmarks.power.population import Population
from benchmarks.power.studies import Plan, draw_studies


def different(one: Any, other: Any, name: str = "") -> list[str]:
    if is_dataclass(one):
        pairs = [(getattr(one, f.name), getattr(other, f.name), f"{name}.{f.name}") for f in fields(one)]
        return [path for pair in pairs for path in different(*pair)]
    if isinstance(one, np.ndarray):
        return [] if one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True) else [name]
    return [] if (type(one), one) == (type(other), other) else [name]


def test_a_kept_study_is_the_drawn_one(real_data: Path, tmp_path: Path) -> None:
    population = Population.load(real_data / "eurosat" / "mobilenet_v1_embeddings.npz")
    plan = Plan(seeds=(5,), designs=("rotated",))
    (found,) = kept.draw(population, plan, 1, workers=1, folder=tmp_path).values()
    (drawn,) = draw_studies(population, plan, 0).values()
    # The influences are kept in single precision.
    assert different(found[0], drawn) == [".joint.influence"]
    np.testing.assert_array_equal(found[0].joint.influence, drawn.joint.influence.astype(np.float32))
    assert {path.suffix for path in tmp_path.iterdir()} == {".txt", ".npz"}
