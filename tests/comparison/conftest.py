"""A small run of simulated studies, laid out as a run folder holds it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from benchmarks.simulate import Population, SimulatedStudy, draw_study

from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.link import probabilities
from tailprobe.scores.rules import tune_thresholds
from tailprobe.scores.tidy import score_head, tidy_table

PREVALENCE = (0.4, 0.2, 0.1, 0.06, 0.04, 0.02)
CLASSES = tuple("abcdef")
METHODS = ("baseline", "helpful", "idle")


RULES = ("0.5", "0.2", "tuned")


@dataclass(frozen=True)
class Run:
    """What `compare_methods` is given."""

    results: pd.DataFrame
    classes: pd.DataFrame
    labels: np.ndarray
    scores: dict[HeadPart, HeadScores]

    def of(self, *, without: tuple[str, ...] = (), seeds: int = 99) -> dict[HeadPart, HeadScores]:
        """Return the scores without some methods and without the later seeds."""
        return {k: v for k, v in self.scores.items() if k.method not in without and k.seed < seeds}


def lay_out(study: SimulatedStudy, *, methods=METHODS, encoder: str = "simulated") -> Run:
    low = np.arange(len(CLASSES)) >= 3
    counts = study.labels.sum(axis=0)
    frames, scores = {}, {}
    for s, rows in enumerate(study.rows):
        for m, method in enumerate(methods):
            logits = study.logits[s, m]
            part = (study.labels[rows], probabilities(logits))
            tuned = tune_thresholds(RULES, *part)
            scores[HeadPart(encoder, method, s, "test")] = HeadScores(rows, logits, thresholds=tuned)
            frames[encoder, method, s] = score_head(
                validation=part,
                test=part,
                classes=CLASSES,
                counts=counts,
                low_frequency=low,
                single_label=False,
                thresholds=tuned,
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
    return Run(tidy_table(frames), classes, study.labels, scores)


@pytest.fixture(scope="session")
def run() -> Run:
    """Two methods, the first of which helps every class."""
    effect = np.repeat([[1.5], [0.0]], len(PREVALENCE), axis=1)
    population = Population(images=1000, prevalence=PREVALENCE, methods=2, seeds=6, effect=effect)
    return lay_out(draw_study(population, np.random.default_rng(1)))
