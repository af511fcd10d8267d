"""Curves: precision over recall, thresholds, calibration, and what training did."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.ranking import rank
from tailprobe.report.page.numbers import short
from tailprobe.runs.run import Run
from tailprobe.scores.decisions import RECALL, Confusion, f_beta_ratio
from tailprobe.scores.head_scores import read_head_scores
from tailprobe.scores.metrics.precision_at_recall import precision_at_recall_of
from tailprobe.scores.ratio import ratio

_CLASSES = 40  # rarest first; a page of 365 classes would else be mostly curves
_STEPS = np.linspace(0, 1, 41)
_BINS = 10


def curves(run: Run) -> dict[str, Any]:
    """Return the curves of the rarest classes for baseline and chosen method, by encoder, all seeds' test parts joined.

    `precision` at each recall of `steps`; `recall_at`, `precision_at` and `f1_at` at each threshold of `steps`;
    `reliability`: mean score, share of positives and number of images in ten bins of the score.
    """
    rarest = np.argsort(run.classes["count"].to_numpy(), kind="stable")[:_CLASSES]
    methods = list(dict.fromkeys(("baseline", run.chosen)))
    found: dict[str, Any] = {}
    for encoder in run.encoders:
        for method in methods:
            labels, scores = _joined(run, encoder, method)
            labels, scores = labels[:, rarest], scores[:, rarest]
            of_classes = [
                _class_curves(*column) for column in zip(labels.T, scores.T, _precisions(labels, scores), strict=True)
            ]
            found.setdefault(encoder, {})[method] = of_classes
    return {"steps": short(_STEPS), "classes": rarest.tolist(), "methods": methods, "curves": found}


def training(run: Run) -> dict[str, Any]:
    """Return losses by epoch, lowest, mean and highest over the seeds, and how many seeds had not converged.

    A seed had not converged when its lowest validation loss was that of the last epoch.
    """
    found: dict[str, Any] = {}
    last = run.histories["epoch"].max()
    for (encoder, method), rows in run.histories.groupby(["encoder", "method"], observed=True):
        of_kind = {}
        for kind in ("training_loss", "validation_loss"):
            wide = rows.pivot_table(index="epoch", columns="seed", values=kind)
            of_kind[kind] = [short(part, 5) for part in (wide.min(axis=1), wide.mean(axis=1), wide.max(axis=1))]
        lowest = rows.loc[rows.groupby("seed")["validation_loss"].idxmin(), "epoch"]
        found.setdefault(str(encoder), {})[str(method)] = of_kind | {
            "late": int((lowest == last).sum()),
            "seeds": len(lowest),
            "epochs": float(rows.groupby("seed")["epoch"].max().mean()),
            "steps": int(rows.groupby("seed")["steps"].last().mean()),
            "seconds": round(float(rows.groupby("seed")["seconds"].last().mean()), 2),
        }
    return found


def _joined(run: Run, encoder: str, method: str) -> tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]]:
    """Return the labels and probabilities of all seeds' test parts."""
    parts = [
        read_head_scores(run.scores, encoder=encoder, method=method, seed=seed, part="test")
        for seed in sorted(run.results["seed"].unique().tolist())
    ]
    rows = np.concatenate([part.rows for part in parts])
    return run.labels.matrix[rows], np.concatenate([part.probabilities() for part in parts])


def _precisions(labels: Bool[np.ndarray, "T C"], scores: Float[np.ndarray, "T C"]) -> Float[np.ndarray, "C steps"]:
    """Return the highest precision at each recall of `_STEPS` or more; NaN without positives."""
    ranked = rank(labels, scores)
    return np.stack([precision_at_recall_of(ranked, recall) for recall in _STEPS], axis=1)


def _class_curves(
    labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"], precision: Float[np.ndarray, " steps"]
) -> dict[str, Any]:
    above = scores[:, None] > _STEPS  # (T, steps)
    counted = Confusion.count(np.broadcast_to(labels[:, None], above.shape), above)
    return {
        "precision": short(precision, 3),
        "recall_at": short(RECALL.value(counted), 3),
        "precision_at": short(ratio(counted.true_positives, counted.predicted_positives), 3),
        "f1_at": short(f_beta_ratio(1.0).value(counted), 3),
        "reliability": _reliability(labels, scores),
        "positives": int(labels.sum()),
    }


def _reliability(labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]) -> list[Any]:
    """Return mean score, share of positives and number of images in each bin of the score."""
    place = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    number = np.bincount(place, minlength=_BINS)
    score = ratio(np.bincount(place, weights=scores, minlength=_BINS), number.astype(np.float64))
    share = ratio(np.bincount(place, weights=labels, minlength=_BINS), number.astype(np.float64))
    return [short(score, 3), short(share, 3), number.tolist()]
