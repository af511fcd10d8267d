"""Curves: precision over recall, thresholds, calibration, and what training did."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.report.page.numbers import short_for_json
from tailprobe.report.page.once import cached_per_run
from tailprobe.runs.run import Run
from tailprobe.scores.decisions import RECALL, Confusion, f_beta_ratio
from tailprobe.scores.head_scores import read_head_scores
from tailprobe.scores.metric import Sample
from tailprobe.scores.metrics.precision_at_recall import precision_at_recall_of
from tailprobe.scores.ratio import ratio

_CLASSES = 40  # rarest first; a page of 365 classes would else be mostly curves
_STEPS = np.linspace(0, 1, 41)
_BINS = 10
CALIBRATION_POSITIVES = 20  # different images of a class, below which its calibration is noise


@cached_per_run
def curves(run: Run) -> dict[str, Any]:
    """Return the curves of the rarest classes for baseline and chosen method, by encoder, all seeds' test parts joined.

    `precision` at each recall of `steps`; `recall_at`, `precision_at` and `f1_at` at each threshold of `steps`;
    `reliability`: mean score, share of positives and number of images in ten bins of the score; None of a class with
    fewer than `CALIBRATION_POSITIVES` test images. `positives`: different test images that carry the class.
    """
    rarest = np.argsort(run.classes["count"].to_numpy(), kind="stable")[:_CLASSES]
    methods = list(dict.fromkeys(("baseline", run.chosen)))
    found: dict[str, Any] = {}
    for encoder in run.encoders:
        for method in methods:
            rows, sample = _joined(run, encoder, method, rarest)
            positives = run.labels.matrix[np.unique(rows)][:, rarest].sum(axis=0).tolist()
            of_classes = [
                _class_curves(one.labels[:, 0], one.scores[:, 0], precision, count)
                for (_, one), precision, count in zip(sample.by_class, _precisions(sample), positives, strict=True)
            ]
            found.setdefault(encoder, {})[method] = of_classes
    return {"steps": short_for_json(_STEPS), "classes": rarest.tolist(), "methods": methods, "curves": found}


def training(run: Run) -> dict[str, Any]:
    """Return what training did, by encoder and method; methods that are not trained by gradient descent are left out.

    Losses, and the average precision where it chose the epoch, by epoch: lowest, mean and highest over the seeds;
    first and last epoch kept; how many of the `seeds` heads had converged.
    """
    found: dict[str, Any] = {str(encoder): {} for encoder in run.encoders}
    for (encoder, method), rows in run.histories.groupby(["encoder", "method"], observed=True):
        heads = rows.groupby("seed").agg(
            epochs=("epoch", "max"),
            steps=("steps", "last"),
            seconds=("seconds", "last"),
            converged=("converged", "last"),
        )
        kept = rows.loc[rows["kept"].to_numpy(dtype=bool), "epoch"]
        found[str(encoder)][str(method)] = {
            "curves": {kind: _over_seeds(rows, kind) for kind in _criteria(rows)},
            "kept": [int(kept.min()), int(kept.max())],
            "converged": int(heads["converged"].sum()),
            "seeds": len(heads),
            "epochs": float(heads["epochs"].mean()),
            "steps": int(heads["steps"].mean()),
            "seconds": short_for_json(heads["seconds"].mean()),
        }
    return found


def _criteria(rows: pd.DataFrame) -> list[str]:
    chosen_by_precision = rows["average_precision"].notna().any()
    return ["training_loss", "validation_loss", *(["average_precision"] if chosen_by_precision else [])]


def _over_seeds(rows: pd.DataFrame, kind: str) -> list[Any]:
    wide = rows.pivot_table(index="epoch", columns="seed", values=kind, dropna=False)
    return [short_for_json(part, 5) for part in (wide.min(axis=1), wide.mean(axis=1), wide.max(axis=1))]


def _joined(
    run: Run, encoder: str, method: str, classes: Int[np.ndarray, " K"]
) -> tuple[Int[np.ndarray, " T"], Sample]:
    """Return the images of all seeds' test parts, and their labels and probabilities of some classes."""
    parts = [
        read_head_scores(run.scores, encoder=encoder, method=method, seed=seed, part="test")
        for seed in sorted(run.results["seed"].unique().tolist())
    ]
    rows = np.concatenate([part.rows for part in parts])
    labels = run.labels.rows(rows).one_vs_rest(classes)
    scores = np.concatenate([part.probabilities()[:, classes] for part in parts])
    return rows, Sample(labels.matrix, scores, known=labels.known)


def _precisions(sample: Sample) -> Float[np.ndarray, "C steps"]:
    """Return the highest precision at each recall of `_STEPS` or more; NaN without positives."""
    return np.stack([precision_at_recall_of(sample.ranked, recall) for recall in _STEPS], axis=1)


def _class_curves(
    labels: Bool[np.ndarray, " T"],
    scores: Float[np.ndarray, " T"],
    precision: Float[np.ndarray, " steps"],
    positives: int,
) -> dict[str, Any]:
    above = scores[:, None] > _STEPS  # (T, steps)
    counted = Confusion.count(np.broadcast_to(labels[:, None], above.shape), above)
    return {
        "precision": short_for_json(precision, 3),
        "recall_at": short_for_json(RECALL.value(counted), 3),
        "precision_at": short_for_json(ratio(counted.true_positives, counted.predicted_positives), 3),
        "f1_at": short_for_json(f_beta_ratio(1.0).value(counted), 3),
        "reliability": _reliability(labels, scores) if positives >= CALIBRATION_POSITIVES else None,
        "positives": positives,
    }


def _reliability(labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]) -> list[Any]:
    """Return mean score, share of positives and number of images in each bin of the score."""
    place = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    number = np.bincount(place, minlength=_BINS)
    score = ratio(np.bincount(place, weights=scores, minlength=_BINS), number.astype(np.float64))
    share = ratio(np.bincount(place, weights=labels, minlength=_BINS), number.astype(np.float64))
    return [short_for_json(score, 3), short_for_json(share, 3), number.tolist()]
