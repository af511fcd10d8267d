"""FiftyOne: a folder in its format FiftyOneImageClassificationDataset, `labels.json` and `data.json`.

    fiftyone.Dataset.from_dir(
        dataset_dir=FOLDER, dataset_type=fiftyone.types.FiftyOneImageClassificationDataset, data_path="data.json"
    )

No image is copied: `data.json` has the path of each. An image without any class has an empty list; negative and
unknown labels are in `tailprobe.json`, since the format does not support them.

Source: FiftyOne's documentation, "Loading datasets from disk", FiftyOneImageClassificationDataset.
"""

import json
from pathlib import Path

from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.review.outcome import ReviewedLabels

LABELS, DATA, OWN = "labels.json", "data.json", "tailprobe.json"
FILES = (DATA, OWN, LABELS)  # in the order in which they are written


def write_fiftyone(labels: ReviewedLabels, folder: Path) -> None:
    """Write the files into a folder, each whole or not at all.

    Raises:
        InputError: an image is not a separate file, as FiftyOne needs.
    """
    if "" in labels.files:
        name = labels.names[labels.files.index("")]
        raise InputError(f"{name} is in an archive, but FiftyOne reads only files; extract it, or write a table")
    # Names hold slashes and two may end alike: images are counted, and `name` is in the third file.
    keys = [f"{row:07d}" for row in range(len(labels.names))]
    write_text(folder / DATA, json.dumps(dict(zip(keys, labels.files, strict=True))))
    values = dict(zip(keys, labels.values.tolist(), strict=True))
    own = {"names": dict(zip(keys, labels.names, strict=True)), "classes": labels.classes, "values": values}
    write_text(folder / OWN, json.dumps(own))
    targets = {key: _target(labels, row) for row, key in enumerate(keys)}
    write_text(folder / LABELS, json.dumps({"labels": targets}))


def _target(labels: ReviewedLabels, row: int) -> str | list[str]:
    tags = labels.tags(row)
    return tags[0] if labels.kind == "single-label" else tags
