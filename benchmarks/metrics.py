"""Scoring: average precision, ROC AUC and F1 of every class beside scikit-learn.

64 heads on 8,096 test rows of 17 classes (a fifth of Planet, its frequencies).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn import metrics as sk

from benchmarks.row import Row, best_seconds
from tailprobe.ranking import rank
from tailprobe.scores.decisions import f_beta
from tailprobe.scores.link import probabilities
from tailprobe.scores.metrics.average_precision import average_precision_of
from tailprobe.scores.metrics.roc_auc import roc_auc_of
from tailprobe.scores.thresholds import decide

HEADS, ROWS = 64, 8096
TAGS = (37513, 28431, 12315, 8071, 7411, 7261, 4477, 3660, 2697, 2089, 862, 340, 339, 332, 209, 100, 98)
IMAGES = 40479
Scored = tuple[np.ndarray, np.ndarray]


def rows(*, rounds: int = 3) -> list[Row]:
    """Measure seconds for all heads."""
    rng = np.random.default_rng(0)
    labels = rng.random((ROWS, len(TAGS))) < np.array(TAGS) / IMAGES
    heads = [_scores(labels, rng) for _ in range(HEADS)]
    ways: dict[str, Callable[[], float]] = {
        "scikit-learn, class by class": partial(_plain, labels, heads[:2]),
        "tailprobe": partial(_ours, labels, heads),
    }
    least = best_seconds(ways, rounds=rounds)
    return _table("64 heads", least, HEADS)


def _table(what: str, least: dict[str, float], units: int) -> list[Row]:
    plain = least["scikit-learn, class by class"]
    return [Row(f"{what}: {name}", seconds * units, "s", plain / seconds) for name, seconds in least.items()]


def _scores(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    logits = rng.standard_normal(labels.shape) + 2.0 * labels - 1
    return probabilities(logits)


def _plain(labels: np.ndarray, heads: list[np.ndarray]) -> float:
    for scores in heads:
        _score_plainly(labels, scores)
    return float(len(heads))


def _score_plainly(labels: np.ndarray, scores: np.ndarray) -> None:
    for y, s in zip(labels.T, scores.T, strict=True):
        if y.any():
            sk.average_precision_score(y, s)
            sk.roc_auc_score(y, s)
            sk.f1_score(y, s > 0.5)


def _ours(labels: np.ndarray, heads: list[np.ndarray]) -> float:
    for scores in heads:
        steps = rank(labels, scores)
        average_precision_of(steps)
        roc_auc_of(steps)
        f_beta(labels, decide(scores, np.full(scores.shape[1], 0.5)), beta=1)
    return float(len(heads))
