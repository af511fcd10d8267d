"""A small run of simulated studies, laid out as a run folder holds it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tailprobe.comparison.simulate import Population, SimulatedStudy, draw_study
from tailprobe.scores.head_scores import ScoresWriter
from tailprobe.scores.tidy import score_head, tidy_table

PREVALENCE = (0.4, 0.2, 0.1, 0.06, 0.04, 0.02)
CLASSES = tuple("abcdef")
METHODS = ("baseline", "helpful", "idle")


@dataclass(frozen=True)
class Run:
    """What `compare_methods` is given."""

    results: pd.DataFrame
    classes: pd.DataFrame
    labels: np.ndarray
    scores: Path


def lay_out(study: SimulatedStudy, folder: Path, *, methods=METHODS, encoder: str = "simulated") -> Run:
    low = np.arange(len(CLASSES)) >= 3
    counts = study.labels.sum(axis=0)
    frames = {}
    with ScoresWriter(folder / f"{encoder}.parquet", classes=CLASSES) as writer:
        for s, rows in enumerate(study.rows):
            for m, method in enumerate(methods):
                logits = study.logits[s, m]
                writer.write(rows, logits, encoder=encoder, method=method, seed=s, part="test")
                part = (study.labels[rows], (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32))
                frames[encoder, method, s] = score_head(
                    validation=part, test=part, classes=CLASSES, counts=counts, low_frequency=low, single_label=False
                )
    tested = study.labels[study.rows[0]].sum(axis=0)
    classes = pd.DataFrame(
        {
            "class_name": CLASSES,
            "count": counts,
            "low_frequency": low,
            "train": counts - 2 * tested,
            "validation": tested,
        }
    ).assign(test=tested)
    return Run(tidy_table(frames), classes, study.labels, folder / f"{encoder}.parquet")


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Run:
    """Two methods, the first of which helps every class."""
    effect = np.repeat([[1.5], [0.0]], len(PREVALENCE), axis=1)
    population = Population(images=1000, prevalence=PREVALENCE, methods=2, seeds=6, effect=effect)
    return lay_out(draw_study(population, np.random.default_rng(1)), tmp_path_factory.mktemp("run"))
