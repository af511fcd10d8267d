"""What the data is: its classes, which of them occur together, and what they look like."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image

from tailprobe.report.page.links import link
from tailprobe.report.page.numbers import short_for_json
from tailprobe.runs.run import Run

_COOCCURRENCE = 40  # rows and columns of a picture of co-occurrence that can still be read


def collection(run: Run) -> dict[str, Any]:
    """Return counts, the rarest classes' co-occurrence, sample images, duplicates and the readers' notes."""
    return {
        "images": int(run.record["images"]),
        "kind": run.record["kind"],
        "notes": list(run.record["notes"]),
        "skipped": list(run.record["skipped"]),
        "cooccurrence": _cooccurrence(run.labels.matrix),
        "duplicates": None if run.duplicates is None else dict(run.duplicates),
        "cardinality": float(run.labels.matrix.sum(axis=1).mean()),
        "samples": [
            {"name": str(row["name"]), "tags": list(row["tags"]), "picture": picture(row["png"])}
            for row in run.samples.to_dict("records")
        ],
    }


def _cooccurrence(labels: Bool[np.ndarray, "N C"]) -> dict[str, Any]:
    """Return how many images carry two classes: the rarest classes by those they come with.

    Of many columns those are kept that take the largest share of some row's images. `rows` and `columns` are classes,
    most frequent first; of few classes both are all.
    """
    counts = labels.sum(axis=0)
    falling = np.argsort(-counts, kind="stable")
    rows = falling[-_COOCCURRENCE:]
    matrix = labels.astype(np.float32)  # counts up to 2**24 are exact
    together = matrix[:, rows].T @ matrix  # (R, C)
    others = together.copy()
    others[np.arange(len(rows)), rows] = 0
    share = (others / np.maximum(counts[rows], 1)[:, None]).max(axis=0)
    met = np.argsort(-share, kind="stable")[:_COOCCURRENCE]
    columns = falling[np.isin(falling, met)]
    return {"rows": rows.tolist(), "columns": columns.tolist(), "images": together[:, columns].astype(int).tolist()}


def class_rows(run: Run) -> list[dict[str, Any]]:
    """Return the classes: name, count, unknown, whether low-frequency, images of each part."""
    return [
        {
            "name": str(row["class_name"]),
            "count": int(row["count"]),
            "unknown": int(row["unknown"]),
            "low": bool(row["low_frequency"]),
            "parts": [int(row[part]) for part in ("train", "validation", "test")],
        }
        for row in run.classes.to_dict("records")
    ]


def picture(data: bytes, *, side: int = 160) -> str:
    """Return an image as a small JPEG in a data URL."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def mistakes(run: Run) -> dict[str, Any] | None:
    """Return the worst mistakes of the test part, and what one method finds and the other misses; None without any.

    `pictures` are by the name of the image.
    """
    if run.mistakes.empty:
        return None
    names: Sequence[str] = list(dict.fromkeys(run.mistakes["class_name"].astype(str)))
    shown = [
        {
            "class_index": names.index(str(row["class_name"])),
            "kind": str(row["kind"]),
            "name": str(row["name"]),
            "tags": list(row["tags"]),
            "scores": [round(float(row["baseline"]), 3), round(float(row["chosen"]), 3)],
            "thresholds": short_for_json([row["threshold_baseline"], row["threshold_chosen"]], 3),
            "link": link(str(row["file"])),
            "picture": str(row["name"]) if row["picture"] else None,
        }
        for row in run.mistakes.to_dict("records")
    ]
    kept = run.mistakes.drop_duplicates("name")  # an image may be wrong in several classes, and is sent once
    pictures = {
        str(row["name"]): picture(row["picture"], side=224) for row in kept.to_dict("records") if row["picture"]
    }
    return {"classes": names, "images": shown, "pictures": pictures, "encoder": str(run.mistakes["encoder"].iloc[0])}
