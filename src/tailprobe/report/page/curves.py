"""Curves: precision over recall, thresholds, calibration, and what training did."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.report.page.numbers import short
from tailprobe.report.page.run import RunTables
from tailprobe.scores.head_scores import read_head_scores
from tailprobe.scores.ratio import ratio

_CLASSES = 40  # rarest first; a page of 365 classes would else be mostly curves
_STEPS = np.linspace(0, 1, 41)
_BINS = 10


def curves(run: RunTables) -> dict[str, Any]:
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
            of_classes = [_class_curves(labels[:, c], scores[:, c]) for c in rarest]
            found.setdefault(encoder, {})[method] = of_classes
    return {"steps": short(_STEPS), "classes": rarest.tolist(), "methods": methods, "curves": found}


def training(run: RunTables) -> dict[str, Any]:
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
            "steps": int(rows.groupby("seed")["steps"].last().mean()),
            "seconds": round(float(rows.groupby("seed")["seconds"].last().mean()), 2),
        }
    return found


def _joined(run: RunTables, encoder: str, method: str) -> tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]]:
    parts = []
    for seed in sorted(run.results["seed"].unique().tolist()):
        parts.append(read_head_scores(run.scores, encoder=encoder, method=method, seed=seed, split="test"))
    rows, logits = (np.concatenate(column) for column in zip(*parts, strict=True))
    return run.labels[rows], 1 / (1 + np.exp(-logits.astype(np.float64)))


def _class_curves(labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]) -> dict[str, Any]:
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(labels[order])
    precision = hits / np.arange(1, len(hits) + 1)
    best_beyond = np.maximum.accumulate(precision[::-1])[::-1]  # the highest precision at this recall or more
    positives = max(int(hits[-1]), 1)
    at_recall = [best_beyond[min(int(np.searchsorted(hits, step * positives)), len(hits) - 1)] for step in _STEPS]
    above = scores[:, None] > _STEPS  # (T, steps)
    caught, claimed = (labels[:, None] & above).sum(axis=0), above.sum(axis=0)
    recall_at, precision_at = caught / positives, ratio(caught.astype(float), claimed.astype(float))
    f1 = ratio(2.0 * caught, (claimed + positives).astype(float))
    place = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    number = np.bincount(place, minlength=_BINS)
    score = ratio(np.bincount(place, weights=scores, minlength=_BINS), number.astype(float))
    share = ratio(np.bincount(place, weights=labels, minlength=_BINS), number.astype(float))
    return {
        "precision": short(at_recall, 3),
        "recall_at": short(recall_at, 3),
        "precision_at": short(precision_at, 3),
        "f1_at": short(f1, 3),
        "reliability": [short(score, 3), short(share, 3), number.tolist()],
        "positives": int(hits[-1]),
    }
