"""Write an inspection: JSON for single numbers, Parquet for tables."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tailprobe.errors import InputError
from tailprobe.files import is_partial, make_folder, remove_partials, wrap_write_errors, write_parquet, write_text
from tailprobe.inspection.inspection import Inspection, LabelStatistics
from tailprobe.parts import PARTS

FORMAT = "tailprobe inspection 1"
_SUMMARY = "inspection.json"
_TABLES = ("classes", "cooccurrence", "copies", "near_duplicates", "unreadable")


def write_inspection(inspection: Inspection, folder: Path) -> list[Path]:
    """Write an inspection into a folder: a new one, an empty one, or that of an earlier inspection, which it replaces.

    Leaves inspection.json with every single number, and as Parquet the tables

    - classes: class_name, count, imbalance_ratio, concurrence, copied and near_duplicated images, a column a rule;
    - cooccurrence: class_name, other, images; each pair of classes that occurs together, once;
    - copies: group, name, part;
    - near_duplicates: name, other, cosine, part, other_part; the closest first;
    - unreadable: name, reason.

    Tables of checks that were not run are absent.

    Returns:
        The files written, inspection.json last.

    Raises:
        InputError: the folder holds other files, or is a file.
    """
    check_inspection_folder(folder)
    remove_partials(folder)
    # Until the end the summary only says whose folder it is, so that after a kill the same call continues.
    write_text(folder / _SUMMARY, json.dumps({"format": FORMAT, "unfinished": True}) + "\n")
    tables = inspection_tables(inspection)
    for name in _TABLES:
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    for name, table in tables.items():
        write_parquet(folder / f"{name}.parquet", table)
    summary = json.dumps(inspection_summary(inspection), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / _SUMMARY, summary + "\n")
    return [*(folder / f"{name}.parquet" for name in tables), folder / _SUMMARY]


def inspection_summary(inspection: Inspection) -> dict[str, Any]:
    """Return the scalar results of an inspection as a JSON object; None for undefined values."""
    labels, files, copies, near = inspection.labels, inspection.files, inspection.copies, inspection.near
    summary: dict[str, Any] = {
        "format": FORMAT,
        "source": inspection.source,
        "images": labels.images,
        "kind": labels.kind,
        "classes": len(labels.classes),
        "untagged_images": labels.untagged,
        "mean_imbalance_ratio": _number(labels.mean_ratio),
        "imbalance_ratio_variation": _number(labels.ratio_variation),
        "label_cardinality": _number(labels.cardinality),
        "label_density": _number(labels.density),
        "scumble": _number(labels.concurrence),
        "low_frequency": {rule: _named(labels, mask) for rule, mask in labels.low_frequency.items()},
        "parts": _part_sizes(inspection),
    }
    if files is not None:
        summary["unreadable_images"] = files.unreadable
    if copies is not None:
        summary["copies"] = {
            "groups": copies.number,
            "surplus_images": copies.surplus,
            "pairs": copies.pairs,
            "pairs_across_parts": copies.pairs_across,
            "held_out_images_with_a_copy_in_training": int(copies.held_out_copied.sum()),
            "groups_with_unlike_labels": copies.disagreeing,
        }
    if near is not None:
        summary["near_duplicates"] = {
            "encoder": near.encoder,
            "threshold": near.threshold,
            "pairs": near.pairs,
            "pairs_listed": len(near.listed),
            "images": int((near.groups >= 0).sum()),
            "groups": int(near.groups.max(initial=-1)) + 1,
            "pairs_across_parts": near.pairs_across,
            "held_out_images_with_one_in_training": int(near.held_out_matched.sum()),
        }
    if inspection.leakage is not None:
        summary["groups"] = asdict(inspection.leakage)
    return summary


def inspection_tables(inspection: Inspection) -> dict[str, pd.DataFrame]:
    """Return the tables of an inspection by name, see `write_inspection`."""
    names = np.asarray(inspection.names, dtype=object)
    parts = np.asarray(inspection.parts or [None] * len(names), dtype=object)
    tables = {"classes": _classes(inspection), "cooccurrence": _cooccurrence(inspection.labels)}
    if inspection.copies is not None:
        groups = inspection.copies.groups
        rows = np.flatnonzero(groups >= 0)
        rows = rows[np.argsort(groups[rows], kind="stable")]
        tables["copies"] = pd.DataFrame({"group": groups[rows], "name": names[rows], "part": parts[rows]})
    if inspection.near is not None:
        pairs = inspection.near.listed
        tables["near_duplicates"] = pd.DataFrame(
            {
                "name": names[pairs.first],
                "other": names[pairs.second],
                "cosine": pairs.cosines,
                "part": parts[pairs.first],
                "other_part": parts[pairs.second],
            }
        )
    if inspection.files is not None:
        problems = np.asarray(inspection.files.problems, dtype=object)
        bad = np.flatnonzero(problems != "")
        tables["unreadable"] = pd.DataFrame({"name": names[bad], "reason": problems[bad]})
    return tables


def _classes(inspection: Inspection) -> pd.DataFrame:
    labels = inspection.labels
    columns = {
        "class_name": labels.classes,
        "count": labels.counts,
        "unknown": labels.unknown,
        "imbalance_ratio": labels.ratios,
        "concurrence": labels.class_concurrence,
    }
    of_class = {"copied": inspection.copies_of_class, "near_duplicated": inspection.near_of_class}
    known = {name: counts for name, counts in of_class.items() if counts is not None}
    return pd.DataFrame(columns | known | dict(labels.low_frequency))


def _cooccurrence(labels: LabelStatistics) -> pd.DataFrame:
    """Return the pairs of classes that occur together, each once, most images first."""
    first, second = np.nonzero(np.triu(labels.cooccurrence, k=1))
    names = np.asarray(labels.classes, dtype=object)
    images = labels.cooccurrence[first, second]
    order = np.argsort(-images, kind="stable")
    table = {"class_name": names[first[order]], "other": names[second[order]], "images": images[order]}
    return pd.DataFrame(table)


def _part_sizes(inspection: Inspection) -> dict[str, int] | None:
    if inspection.parts is None:
        return None
    return {part: inspection.parts.count(part) for part in PARTS if part in inspection.parts}


def _named(labels: LabelStatistics, mask: np.ndarray) -> list[str]:
    return [name for name, chosen in zip(labels.classes, mask, strict=True) if chosen]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def check_inspection_folder(folder: Path) -> None:
    """Make the folder of an inspection if it is missing.

    Raises:
        InputError: it is a file, or holds files of something else.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give --out a folder")
    make_folder(folder)
    with wrap_write_errors(folder):
        others = [path for path in folder.iterdir() if not is_partial(path) and path.name != "lock"]
    if others and not _is_inspection(folder / _SUMMARY):
        raise InputError(f"{folder} holds files other than a tailprobe inspection; give --out a new or empty folder")


def _is_inspection(summary: Path) -> bool:
    try:
        found = json.loads(summary.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT
