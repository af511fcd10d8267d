"""What there is to look at: where images are and how they are scored, confusions, neighbours, doubtful labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.report.page.collection import picture
from tailprobe.report.page.links import link
from tailprobe.report.page.numbers import short_for_json
from tailprobe.runs.run import Run
from tailprobe.scores.mean_scores import mean_scores, mean_thresholds, shown_rule

CLASSES = 20  # rarest first
_CONFUSED = 25  # classes of a confusion matrix that can still be read
_DOUBTFUL = 3  # labels per class and kind


def looks(run: Run) -> dict[str, Any]:
    """Return the embedding map, neighbours, doubtful labels and, of single-label collections, confusions.

    All are under the encoder that is shown first; scores are means over the seeds that tested an image, by heads that
    were not trained on it.
    """
    encoder, chosen = run.encoder, run.chosen
    seeds = sorted(int(seed) for seed in run.results["seed"].unique())
    of = {"encoder": encoder, "seeds": seeds, "images": len(run.labels), "classes": len(run.classes)}
    plain, other = (mean_scores(run.scores, method=method, **of) for method in ("baseline", chosen))  # type: ignore[arg-type]
    rarest = np.argsort(run.labels.counts, kind="stable")[:CLASSES]
    return {
        "encoder": encoder,
        "map": _map(run, encoder, other, rarest.tolist()),
        "neighbours": _neighbours(run.neighbours),
        "doubtful": doubtful_labels(run.labels.matrix, plain, rarest.tolist(), run.folder.read_table("labels")["name"]),
        "confusion": None if run.record["kind"] != "single-label" else _confusion(run, plain, other),
    }


def _map(run: Run, encoder: str, scores: Float[np.ndarray, "N C"], classes: Sequence[int]) -> dict[str, Any] | None:
    """Return places, names, and of each class the places of images that carry it, found or missed, and false alarms."""
    table = run.embedding_map[run.embedding_map["encoder"].astype(str) == encoder]
    if table.empty:
        return None
    rows, names = table["row"].to_numpy(np.int64), run.classes["class_name"].astype(str).tolist()
    limits = mean_thresholds(
        run.results, encoder=encoder, method=run.chosen, classes=names, rule=shown_rule(run.study.thresholds)
    )
    carries, flagged = run.labels.matrix[rows], scores[rows] > limits  # NaN is above nothing
    tested = ~np.isnan(scores[rows, 0])
    of_classes = {
        str(c): [
            np.flatnonzero(kind[:, c] & tested).tolist()
            for kind in (carries & flagged, carries & ~flagged, ~carries & flagged)
        ]
        for c in classes
    }
    known = run.folder.read_table("labels")["name"].astype(str).to_numpy()[rows]
    place = {"x": short_for_json(table["x"], 3), "y": short_for_json(table["y"], 3), "names": known.tolist()}
    return place | {"by": run.study.map, "classes": of_classes, "of": len(run.labels)}


def _neighbours(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return of each class its image and the nearest ones."""
    return [
        {
            "class_name": str(name),
            "images": [
                {
                    "name": str(row["neighbour"]),
                    "tags": list(row["tags"]),
                    "cosine": round(float(row["cosine"]), 3),
                    "link": link(str(row["file"])),
                    "picture": picture(row["picture"]) if row["picture"] else None,
                }
                for row in rows.to_dict("records")
            ],
        }
        for name, rows in table.groupby(table["class_name"].astype(str), sort=False)
    ]


def doubtful_labels(
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    classes: Sequence[int],
    names: "pd.Series[str]",
    *,
    most: int = _DOUBTFUL,
) -> list[dict[str, Any]]:
    """Return labels that the scores speak against: the most of each class, those farthest beyond their limit first.

    An image that does not carry a class is doubtful where it scores as high as those that do on average; one that does
    where it scores as low as those that do not.

    Args:
        scores: by heads that were not trained on the image; NaN if there is none.
        most: labels per class and kind.

    Source:
        Northcutt, Jiang and Chuang, Confident learning, JAIR 2021: thresholds are the mean self-confidence of a class.
    """
    found = []
    for c in classes:
        score, carries = scores[:, c], labels[:, c]
        known = ~np.isnan(score)
        if not (known & carries).any() or not (known & ~carries).any():
            continue
        high, low = score[known & carries].mean(), score[known & ~carries].mean()
        for rows, beyond, wrong in (
            (np.flatnonzero(known & ~carries & (score >= high)), score - high, "may lack it"),
            (np.flatnonzero(known & carries & (score <= low)), low - score, "may not be one"),
        ):
            for i in rows[np.argsort(-beyond[rows], kind="stable")[:most]]:
                row = {"name": str(names.iloc[i]), "score": round(float(score[i]), 3)}
                limit = high if wrong == "may lack it" else low
                found.append(row | {"class_index": int(c), "doubt": wrong, "limit": round(float(limit), 3)})
    return found


def _confusion(run: Run, plain: Float[np.ndarray, "N C"], other: Float[np.ndarray, "N C"]) -> dict[str, Any]:
    """Return images of a true class (row) by predicted class (column), under the baseline and the chosen method."""
    tested = ~np.isnan(plain[:, 0])
    shown = np.sort(np.argsort(run.labels.counts, kind="stable")[:_CONFUSED])
    truth = run.labels.matrix[tested].argmax(axis=1)
    counted = [confusion_counts(truth, scores[tested].argmax(axis=1), len(run.classes)) for scores in (plain, other)]
    by_method = [counts[np.ix_(shown, shown)].tolist() for counts in counted]
    totals = counted[0].sum(axis=1)[shown].tolist()
    return {"classes": shown.tolist(), "methods": ["baseline", run.chosen], "images": by_method, "totals": totals}


def confusion_counts(
    truth: Int[np.ndarray, " N"], predicted: Int[np.ndarray, " N"], classes: int
) -> Int[np.ndarray, "C C"]:
    """Return the number of images of each true class (row) predicted as each class (column).

    >>> confusion_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)
