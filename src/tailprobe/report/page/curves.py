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
            "epochs": float(rows.groupby("seed")["epoch"].max().mean()),
            "steps": int(rows.groupby("seed")["steps"].last().mean()),
            "seconds": round(float(rows.groupby("seed")["seconds"].last().mean()), 2),
        }
    return found


def _joined(run: RunTables, encoder: str, method: str) -> tuple[Bool[np.ndarray, "T C"], Float[np.ndarray, "T C"]]:
    parts = []
    for seed in sorted(run.results["seed"].unique().tolist()):
        parts.append(read_head_scores(run.scores, encoder=encoder, method=method, seed=seed, part="test"))
    rows, logits = (np.concatenate(column) for column in zip(*parts, strict=True))
    return run.labels[rows], 1 / (1 + np.exp(-logits.astype(np.float64)))


def _class_curves(labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]) -> dict[str, Any]:
    above = scores[:, None] > _STEPS  # (T, steps)
    caught, claimed = (labels[:, None] & above).sum(axis=0), above.sum(axis=0)
    positives = np.full(len(_STEPS), labels.sum())
    return {
        "precision": short(_precision_at(labels, scores), 3),
        "recall_at": short(ratio(caught, positives), 3),
        "precision_at": short(ratio(caught, claimed), 3),
        # Without a positive there is nothing to find, and F1 = 0 would say that nothing was found.
        "f1_at": short(ratio(2 * caught, claimed + positives) if labels.any() else np.full(len(_STEPS), np.nan), 3),
        "reliability": _reliability(labels, scores),
        "positives": int(labels.sum()),
    }


def _precision_at(labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]) -> Float[np.ndarray, " steps"]:
    """Return the highest precision at each recall of `_STEPS` or more; NaN without positives.

    Images of equal score are one step: none of them can be claimed without the others.
    """
    if not labels.any():
        return np.full(len(_STEPS), np.nan)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # of the images of a score
    hits, claimed = np.cumsum(labels[order])[last], np.flatnonzero(last) + 1
    best_beyond = np.maximum.accumulate((hits / claimed)[::-1])[::-1]
    wanted = _STEPS * hits[-1] - 1e-9  # 0.6 times 35 is a little above 21
    return np.asarray(best_beyond[np.searchsorted(hits, wanted)])


def _reliability(labels: Bool[np.ndarray, " T"], scores: Float[np.ndarray, " T"]) -> list[Any]:
    """Return mean score, share of positives and number of images in each bin of the score."""
    place = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    number = np.bincount(place, minlength=_BINS)
    score = ratio(np.bincount(place, weights=scores, minlength=_BINS), number.astype(np.float64))
    share = ratio(np.bincount(place, weights=labels, minlength=_BINS), number.astype(np.float64))
    return [short(score, 3), short(share, 3), number.tolist()]
