"""Which images to look at first: rare positives found by 100 looks, and three rounds of review.

    python -m benchmarks.review EMBEDDINGS.npz [--choose | --rounds] [--seeds 20]

The file holds `embeddings` times `scale` and `labels`, as for the other benchmarks on EuroSAT. For each seed the
images are dealt into three parts: 20% are labelled, 50% are new images whose labels only the simulated reviewer
knows, 30% are kept for measuring. Each part is thinned to a long tail of 100 to 1, the same classes rare in each. A
classifier is made of the labelled part as `tailprobe fit` makes it, and the new images are queued for each of the
low-frequency classes.

Without an option: rare positives found in the first 100 looks (shared by the low-frequency classes), by order of the
queue. `--choose` prints the same for a grid of weights, on seeds of its own from 1,000 on; the default of `tailprobe
review` is the best of it. `--rounds` reviews 100 images, trains again and goes on, three times, by the default and at
random.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import average_precision_score

import tailprobe
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.frequency import low_frequency_classes
from tailprobe.labels import Labels
from tailprobe.randomness import generator
from tailprobe.review.queue import DEFAULT_MIX, Mix, rank_images
from tailprobe.use.classifier import Classifier

SHARES = (0.2, 0.5)  # labelled, new; the rest is for measuring
RATIO = 100.0
LOOKS = 100
ROUNDS = 3
CHOOSE_FROM = 1000  # first seed of the choice, none of those reported
RANDOM = "random"
ORDERS: dict[str, Mix | None] = {
    RANDOM: None,
    "score alone": Mix(1, 0, 0),
    "uncertainty alone": Mix(0, 1, 0),
    "diversity alone": Mix(0, 0, 1),
    "default": DEFAULT_MIX,
}
GRID = [Mix(1, u, d) for u in (0.0, 0.5, 1.0) for d in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)]


@dataclass(frozen=True, eq=False)
class Part:
    """Embeddings and true labels of some images."""

    vectors: np.ndarray  # (N, D)
    truth: np.ndarray  # (N, C) bool


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--choose", action="store_true", help="compare a grid of weights, on other seeds")
    parser.add_argument("--rounds", action="store_true", help="simulate three rounds")
    given = parser.parse_args()
    vectors, labels = _read(given.embeddings)
    if given.rounds:
        tables = [rounds(vectors, labels, seed) for seed in range(given.seeds)]
        print(summary_of_rounds(pd.concat(tables)).round(3).to_string(index=False))
        return
    first, orders = (CHOOSE_FROM, {str(mix): mix for mix in GRID}) if given.choose else (0, ORDERS)
    tables = [looks(vectors, labels, seed, orders) for seed in range(first, first + given.seeds)]
    print(summary_of_looks(pd.concat(tables)).round(2).to_string(index=False))


def looks(vectors: np.ndarray, labels: Labels, seed: int, orders: dict[str, Mix | None]) -> pd.DataFrame:
    """Return how many rare positives the first looks find, by order of the queue."""
    labelled, new, _, classes = deal(vectors, labels, seed)
    known = np.ones(labelled.truth.shape, dtype=bool)
    classifier = fit(labelled, known, classes, seed)
    scores = classifier.predict_proba(new.vectors)
    rare = rare_classes(labelled.truth, classes)
    rows = []
    for name, mix in orders.items():
        found = {c: new.truth[queue(scores, new, c, mix, seed, np.zeros(len(scores), dtype=bool)), c] for c in rare}
        of_third = sum(int(hits[: LOOKS // 3 // len(rare)].sum()) for hits in found.values())
        of_all = sum(int(hits.sum()) for hits in found.values())
        there = int(new.truth[:, rare].sum())
        rows.append({"order": name, "seed": seed, "first 33": of_third, "first 100": of_all, "there": there})
    return pd.DataFrame(rows)


def queue(scores: np.ndarray, new: Part, c: int, mix: Mix | None, seed: int, seen: np.ndarray) -> np.ndarray:
    """Return the images of one class's share of the looks; `None` draws them at random."""
    size = LOOKS // 3  # of each of the three low-frequency classes of EuroSAT's ten
    if mix is None:
        left = np.flatnonzero(~seen)
        return generator(seed, "looks", str(c), str(int(seen.sum()))).permutation(left)[:size]
    return rank_images(scores[:, c], new.vectors, size=size, mix=mix, seen=seen)


def rounds(vectors: np.ndarray, labels: Labels, seed: int) -> pd.DataFrame:
    """Return, after each round, what was found and the average precision of the rare classes on images kept apart."""
    labelled, new, kept, classes = deal(vectors, labels, seed)
    rare = rare_classes(labelled.truth, classes)
    nothing = np.zeros(new.truth.shape, dtype=bool)
    first, rows = _refit(labelled, new, nothing, classes, seed), []
    for name in (RANDOM, "default"):
        seen = nothing.copy()
        for number in range(ROUNDS + 1):
            classifier = _refit(labelled, new, seen, classes, seed) if number else first
            scores = classifier.predict_proba(kept.vectors)
            precision = [average_precision_score(kept.truth[:, c], scores[:, c]) for c in rare]
            found = int((seen & new.truth)[:, rare].sum())
            rows.append(
                {"order": name, "round": number, "seed": seed, "looks": int(seen.sum()), "found": found,
                 "average precision": float(np.mean(precision))}
            )  # fmt: skip
            of_new = classifier.predict_proba(new.vectors)
            for c in rare:
                seen[queue(of_new, new, c, ORDERS[name], seed, seen[:, c]), c] = True
    return pd.DataFrame(rows)


def _refit(labelled: Part, new: Part, seen: np.ndarray, classes: tuple[str, ...], seed: int) -> Classifier:
    """Train on the labelled images and what was seen of the new ones: of an image only the classes asked for."""
    looked = seen.any(axis=1)
    joined = Part(
        np.concatenate([labelled.vectors, new.vectors[looked]]),
        np.concatenate([labelled.truth, (new.truth & seen)[looked]]),
    )
    known = np.concatenate([np.ones(labelled.truth.shape, dtype=bool), seen[looked]])
    return fit(joined, known, classes, seed)


def fit(part: Part, known: np.ndarray, classes: tuple[str, ...], seed: int) -> Classifier:
    """Make a classifier as `tailprobe fit` does, of the baseline."""
    labels = Labels(part.truth, classes, "multi-label", known)
    stored, images = from_arrays(part.vectors, labels, encoder="mobilenet")
    with tempfile.TemporaryDirectory() as folder, patch("tailprobe.study.run.DRAWN", {}):
        run = tailprobe.compare(
            images, embeddings=stored, methods=["baseline"], seeds=5, seed=100 * seed, out=folder,
            low_frequency="percentile(25)",
        )  # fmt: skip
        return Classifier.of(run, refit="all", embeddings=stored)


def deal(vectors: np.ndarray, labels: Labels, seed: int) -> tuple[Part, Part, Part, tuple[str, ...]]:
    """Return labelled, new and kept images, each thinned to a long tail, and the classes."""
    stored, images = from_arrays(vectors, labels, encoder="mobilenet")
    part_of = np.zeros(len(images), dtype=np.int64)
    rng = generator(seed, "deal")
    for column in images.labels.matrix.T:
        carried = rng.permutation(np.flatnonzero(column))
        one, two = (round(len(carried) * share) for share in np.cumsum(SHARES))
        part_of[carried[one:two]], part_of[carried[two:]] = 1, 2
    place = {name: row for row, name in enumerate(stored.names)}
    parts = (_thinned(images.rows(np.flatnonzero(part_of == p)), place, vectors, seed) for p in range(3))
    labelled, new, kept = parts
    return labelled, new, kept, labels.classes


def _thinned(images: LabeledImages, place: dict[str, int], vectors: np.ndarray, seed: int) -> Part:
    thin = thin_to_long_tail(images, ratio=RATIO, rng=generator(seed, "thin"))  # the same ranks in every part
    return Part(vectors[[place[name] for name in thin.names]], thin.labels.matrix)


def rare_classes(truth: np.ndarray, classes: tuple[str, ...]) -> list[int]:
    """Return the low-frequency classes of the labelled images."""
    labels = Labels(truth, classes, "multi-label")
    return [int(c) for c in np.flatnonzero(low_frequency_classes(labels))]


def summary_of_looks(table: pd.DataFrame) -> pd.DataFrame:
    """Return means over the seeds, 95% intervals, and the paired difference from the order by score alone."""
    wide = {name: rows.set_index("seed") for name, rows in table.groupby("order", sort=False)}
    plain = wide.get("score alone", wide.get(str(Mix(1, 0.0, 0.0))))
    rows = []
    for name, found in wide.items():
        row: dict[str, object] = {"order": name, "there": found["there"].mean()}
        for column in ("first 33", "first 100"):
            row[column], row[f"{column} ±"] = mean_and_half_width(found[column].to_numpy(float))
            row[f"{column} - score"], row[f"{column} - score ±"] = mean_and_half_width(
                (found[column] - plain[column]).to_numpy(float)  # type: ignore[index]
            )
        rows.append(row)
    return pd.DataFrame(rows)


def summary_of_rounds(table: pd.DataFrame) -> pd.DataFrame:
    """Return by order and round: found, average precision, its change since round 0 and the least one detectable."""
    start = table[table["round"] == 0].set_index(["order", "seed"])["average precision"]
    rows = []
    for (name, number), found in table.groupby(["order", "round"], sort=False):
        change = found.set_index(["order", "seed"])["average precision"] - start.loc[[name]]
        mean, half = mean_and_half_width(change.to_numpy(float))
        error, df = change.std() / np.sqrt(len(change)), len(change) - 1
        detectable = (stats.t.isf(0.025, df) + stats.t.ppf(0.8, df)) * error
        rows.append(
            {"order": name, "round": number, "looks": found["looks"].mean(), "found": found["found"].mean(),
             "average precision": found["average precision"].mean(), "change": mean, "±": half,
             "minimum detectable effect": detectable}
        )  # fmt: skip
    return pd.DataFrame(rows)


def mean_and_half_width(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and half the width of its 95% interval over seeds."""
    if len(values) < 2:
        return float(values.mean()), float("nan")
    return float(values.mean()), float(stats.t.isf(0.025, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def _read(path: Path) -> tuple[np.ndarray, Labels]:
    arrays = np.load(path, allow_pickle=False)
    vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays["scale"])
    return vectors, Labels.from_tags([[str(name)] for name in arrays["labels"]], kind="single-label")


if __name__ == "__main__":
    main()
