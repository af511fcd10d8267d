"""Predict: a table of scores and tags for new images, in memory or as a file."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.errors import InputError
from tailprobe.files import write_text, write_whole
from tailprobe.progress import Progress, silent
from tailprobe.use.blocks import BlockStore, ScoredBlock, block_ranges, score_into, scored_blocks
from tailprobe.use.classifier import Classifier
from tailprobe.use.new_images import read_new_images
from tailprobe.use.tagging import Summary, TaggedBlock, summarise, tag

Layout = Literal["scores", "planet"]
SUFFIXES = (".parquet", ".csv")
SCORE = "score:"  # prefix of a class name in the columns


def predict_frame(
    classifier: Classifier,
    images: Any,  # noqa: ANN401 - what `read_new_images` takes
    *,
    aims: str | Sequence[str] | None = None,
    on_bad_image: OnBadImage = "error",
    progress: Progress = silent,
    **options: Any,  # noqa: ANN401
) -> pd.DataFrame:
    """Score images in memory; see `Classifier.predict`."""
    found = read_new_images(images, bands=classifier.encoder.bands, on_bad_image=on_bad_image, **options)
    blocks: list[ScoredBlock] = []
    progress("predict", 0, len(found))
    for block in scored_blocks(classifier, found, block_ranges(len(found)), on_bad_image=on_bad_image):
        blocks.append(block)
        progress("predict", sum(len(b.names) for b in blocks), len(found))
    summary = summarise(classifier, blocks, aims)
    return pd.concat(
        [_table(classifier, tag(classifier, block, summary)).to_pandas() for block in blocks], ignore_index=True
    )


def check_output(out: Path, layout: Layout) -> None:
    """Check the ending of the output file, before long work.

    Raises:
        InputError: it is not .parquet or .csv, or not .csv for the layout "planet".
    """
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out {out}: expected a file ending in {' or '.join(SUFFIXES)}")
    if layout == "planet" and out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: the layout planet is a .csv of image_name,tags")


def predict_file(
    classifier: Classifier,
    model: str,
    images: LabeledImages,
    out: Path,
    *,
    aims: Sequence[str] | None = None,
    layout: Layout = "scores",
    on_bad_image: OnBadImage = "error",
    progress: Progress = silent,
) -> Summary:
    """Score images into a file, block by block, and write expected performance and warnings to `out`.json.

    Only the names of the images, one block and a histogram are held in memory. Scored blocks are kept next to the file
    until it is complete; a repeated call continues from them and writes the same bytes.

    Args:
        classifier: the model.
        model: digest of the model folder.
        images: the images to score.
        out: a .parquet or .csv file; columns as `Classifier.predict` returns them.
        aims: as for `Classifier.decisions`.
        layout: "planet" writes the columns `image_name,tags` of Planet's Kaggle competition.
        on_bad_image: "skip" gives an image that cannot be read NaN scores.
        progress: called as progress(stage, done, total).

    Raises:
        InputError: as `check_output`; or an image cannot be read and `on_bad_image` is "error", in which case the
            blocks scored so far are kept.
    """
    check_output(out, layout)
    store = BlockStore(out.with_name(f".{out.name}.parts"), model, images)
    score_into(store, classifier, images, on_bad_image=on_bad_image, progress=progress)
    summary = summarise(classifier, _stored(store, images), aims)
    with _writer(classifier, out, layout) as write:
        for done, block in enumerate(_stored(store, images), start=1):
            write(tag(classifier, block, summary))
            progress("write", done, len(block_ranges(len(images))))
    write_text(out.with_name(f"{out.name}.json"), json.dumps(described(summary, model), indent=1, allow_nan=False))
    store.remove()
    return summary


def described(summary: Summary, model: str) -> dict[str, Any]:
    """Return a summary as a JSON object; null where a value is unknown or there is no threshold."""
    classes = {}
    for decision, prevalence in zip(summary.decisions, summary.prevalence, strict=True):
        look, interval = decision.images_to_look_at(summary.images)
        classes[decision.class_name] = {
            "aim": decision.aim,
            "threshold": _number(decision.threshold),
            "precision": _number(decision.precision),
            "precision_interval": [*map(_number, decision.precision_interval)],
            "recall": _number(decision.recall),
            "recall_interval": [*map(_number, decision.recall_interval)],
            "images_to_look_at": _number(look),
            "images_to_look_at_interval": [*map(_number, interval)],
            "prevalence_in_training": prevalence.before,
            "prevalence_estimated": prevalence.now,
            "precision_at_estimated_prevalence": _number(decision.at_prevalence(prevalence.now)),
            "not_trusted": decision.reason,
        }
    counts = {"images": summary.images, "unreadable": summary.unreadable, "unlike_training": summary.unlike}
    return {"model": model, **counts, "classes": classes, "warnings": summary.warnings()}


def _stored(store: BlockStore, images: LabeledImages) -> Iterator[ScoredBlock]:
    for rows in block_ranges(len(images)):
        block = store.read(rows)
        if block is None:
            raise InputError(f"{store.path(rows)}: was removed or changed during the prediction; repeat the command")
        yield block


@contextmanager
def _writer(classifier: Classifier, out: Path, layout: Layout) -> Iterator[Callable[[TaggedBlock], None]]:
    with write_whole(out) as partial:
        if out.suffix.lower() == ".parquet":
            with pq.ParquetWriter(partial, _schema(classifier), compression="zstd") as parquet:
                yield lambda block: parquet.write_table(_table(classifier, block))
            return
        with partial.open("w", newline="", encoding="utf-8") as file:
            text = csv.writer(file, lineterminator="\n")
            text.writerow(["image_name", "tags"] if layout == "planet" else _schema(classifier).names)
            rows = _planet_rows if layout == "planet" else _csv_rows
            yield lambda block: text.writerows(rows(classifier, block))


def _schema(classifier: Classifier) -> pa.Schema:
    words = pa.list_(pa.string())
    fields: list[tuple[str, pa.DataType]] = [("name", pa.string()), ("tags", words), ("uncertain", words)]
    fields += [("most_likely", pa.string())] if classifier.kind == "single-label" else []
    fields += [("unlike_training", pa.bool_()), ("problem", pa.string())]
    return pa.schema(fields + [(f"{SCORE}{name}", pa.float32()) for name in classifier.classes])


def _table(classifier: Classifier, block: TaggedBlock) -> pa.Table:
    columns: dict[str, Any] = {
        "name": block.names,
        "tags": _named(classifier, block.tags),
        "uncertain": _named(classifier, block.uncertain),
        "unlike_training": block.unlike,
        "problem": block.problems,
    }
    if classifier.kind == "single-label":
        columns["most_likely"] = _most_likely(classifier, block)
    scores = block.probabilities.astype(np.float32)
    columns |= {f"{SCORE}{name}": scores[:, c] for c, name in enumerate(classifier.classes)}
    schema = _schema(classifier)
    return pa.table({name: pa.array(columns[name], schema.field(name).type) for name in schema.names})


def _most_likely(classifier: Classifier, block: TaggedBlock) -> list[str]:
    read = np.nan_to_num(block.probabilities, nan=-1)
    return [
        "" if problem else classifier.classes[c] for c, problem in zip(read.argmax(axis=1), block.problems, strict=True)
    ]


def _named(classifier: Classifier, chosen: np.ndarray) -> list[list[str]]:
    return [[classifier.classes[c] for c in np.flatnonzero(row)] for row in chosen]


def _csv_rows(classifier: Classifier, block: TaggedBlock) -> Iterable[list[str]]:
    """Yield rows of text; several classes in a cell are separated by a space, or by `;` if a class name has a space."""
    between = ";" if any(" " in name for name in classifier.classes) else " "
    for row in _table(classifier, block).to_pylist():
        yield [_cell(value, between) for value in row.values()]


def _cell(value: object, between: str) -> str:
    if isinstance(value, list):
        return between.join(value)
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _planet_rows(classifier: Classifier, block: TaggedBlock) -> Iterable[list[str]]:
    for name, tags in zip(block.names, _named(classifier, block.tags), strict=True):
        yield [PurePosixPath(name).stem, " ".join(tags)]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
