"""Label Studio: a list of tasks, each an image with one annotation of the choices made.

Import needs a labelling configuration with an `<Image name="image" value="$image"/>` and a `<Choices name="label"
toName="image">`, `choice="multiple"` of multi-label collections. What is known not to be there and what is not known
are not choices; they are in the task's data, `absent` and `unknown`.

Source: Label Studio's documentation, "Import pre-annotated data" (basic JSON format) and "Choices".
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.review.outcome import NO, UNKNOWN, ReviewedLabels

FROM, TO = "label", "image"


def write_label_studio(labels: ReviewedLabels, partial: Path) -> None:
    """Write the tasks."""
    tasks = [_task(labels, row) for row in range(len(labels.names))]
    partial.write_text(json.dumps(tasks, indent=1), encoding="utf-8")


def _task(labels: ReviewedLabels, row: int) -> dict[str, Any]:
    result = {"from_name": FROM, "to_name": TO, "type": "choices", "value": {"choices": labels.tags(row)}}
    return {
        "id": row + 1,
        "data": {
            "image": labels.files[row] or labels.names[row],
            "name": labels.names[row],
            "absent": _of_value(labels, row, NO),
            "unknown": _of_value(labels, row, UNKNOWN),
        },
        "annotations": [{"result": [result] if labels.tags(row) else []}],
    }


def _of_value(labels: ReviewedLabels, row: int, value: int) -> list[str]:
    return [labels.classes[c] for c in np.flatnonzero(labels.values[row] == value)]
