"""What the authors' saved ADE20K scores and their published "accuracies" are, and what verdict the scores can carry.

    python examples/authors_scores.py authors_ade20k_clip_predictions.npz COS514Results.csv

A few seconds. Both files come from the authors' public repository (see docs/reproduction.md).
"""

import csv
import sys
from pathlib import Path

import numpy as np

from tailprobe.comparison.contrasts import TestResult, contrasts
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.verdict import decide_verdicts
from tailprobe.comparison.words import NO_VERDICT
from tailprobe.paper.thresholds import authors_accuracy
from tailprobe.scores.decisions import precision, recall
from tailprobe.scores.metrics.average_precision import average_precision
from tailprobe.scores.rules import find_thresholds
from tailprobe.scores.thresholds import decide

CLASSES = (  # the columns of the saved scores
    "airport_terminal", "bathroom", "bedroom", "conference_room", "corridor", "kitchen", "living_room",
    "mountain_snowy", "office", "poolroom_home", "skyscraper", "art_studio", "building_facade", "dining_room",
    "game_room", "highway", "home_office", "hotel_room", "street", "waiting_room",
)  # fmt: skip
RARE = 20  # of the 802 images: what their 11 rare classes, those below a tenth of the largest, lie below


def main(predictions: str, table: str) -> None:
    """Rebuild the published table from the scores, then print what the scores are worth."""
    with np.load(predictions, allow_pickle=False) as file:
        labels, factors, scores = file["labels"].astype(bool), file["factors"], file["scores"].astype(np.float64)
    published = _published(Path(table))
    rare = labels.sum(axis=0) < RARE
    print(f"{len(labels)} images, {len(CLASSES)} classes, {rare.sum()} rare ones of "
          f"{labels.sum(axis=0)[rare].min()} to {labels.sum(axis=0)[rare].max()} images")  # fmt: skip
    print("| factor | largest difference from their table | AP, all | AP, rare | recall, rare | precision, rare |")
    print("|---|---|---|---|---|---|")
    for factor, of_factor in zip(factors.tolist(), scores, strict=True):
        decisions = decide(of_factor, find_thresholds("authors", labels, of_factor))
        gap = "not in it"
        if factor in published:
            rebuilt = authors_accuracy(labels, of_factor)
            gap = f"{np.abs(rebuilt - published[factor]).max():.1e}"
        ranked = average_precision(labels, of_factor)
        values = (
            ranked.mean(),
            ranked[rare].mean(),
            recall(labels, decisions)[rare].mean(),
            np.nanmean(precision(labels, decisions)[rare]),
        )
        print(f"| {factor:g} | {gap} | {' | '.join(f'{v:.3f}' for v in values)} |")
    _judge(labels, factors.tolist(), scores, rare)


def _judge(labels: np.ndarray, factors: list[float], scores: np.ndarray, rare: np.ndarray) -> None:
    """Print what one run a factor says about factors against none, in average precision."""
    grouping = group_classes(CLASSES, counts=labels.sum(axis=0), low_frequency=rare)
    rows = np.arange(len(labels))
    parts = [[TestResult.measure("average_precision", rows, labels, of_factor)] for of_factor in scores]
    plain = parts.pop(factors.index(1))
    measured = contrasts(
        parts,
        [plain] * len(parts),
        encoder="clip",
        methods=[f"factor {factor:g}" for factor in factors if factor != 1],
        grouping=grouping,
        images=len(labels),
    )
    found = decide_verdicts([measured], grouping, metric="average_precision")
    lines = found.verdicts
    of_classes = lines[~lines["is_group"]]
    apart = int(((of_classes["low"] > 0) | (of_classes["high"] < 0)).sum())
    counts = lines["verdict"].replace(NO_VERDICT, "estimates without a verdict").value_counts()
    print(f"\nverdicts: {', '.join(f'{n} {name}' for name, n in counts.items())}")
    print(f"taken as fixed heads, {apart} of {len(of_classes)} class differences lie outside what new images would do")
    print("| against factor 1 | AP of the rare classes | 95% for this head on new images |")
    print("|---|---|---|")
    for line in lines[lines["class_name"] == "low-frequency"].itertuples():
        print(f"| {line.method} | {line.difference:+.3f} | {line.low:+.3f} to {line.high:+.3f} |")
    print(found.recommendation.sentence)


def _published(path: Path) -> dict[float, np.ndarray]:
    """Return their values by factor, in the order of `CLASSES`; beside a column of values stands one of class names."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    found = {}
    for column in range(1, len(header), 2):
        value = {row[column + 1]: float(row[column]) for row in rows}
        found[float(header[column])] = np.array([value[name] for name in CLASSES])
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
