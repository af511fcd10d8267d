"""Comparisons measured on real embeddings and features, for `benchmarks.planning`."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.comparison.contrasts import Contrasts, contrasts_from_scores
from tailprobe.comparison.grouping import Grouping, group_classes
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.labels import Labels
from tailprobe.randomness import generator
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.stored import open_test_scores
from tailprobe.study.design import design_study, head_tasks, plan_heads
from tailprobe.training.engine import train

METHODS = ("reweight(2)", "reweight(5)", "undersample(low-frequency)", "oversample(largest)", "focal(2)")
MULAN = {  # files, labels: the last columns
    "scene": (["scene-train", "scene-test"], 6),
    "emotions": (["emotions"], 6),
    "yeast": (["yeast"], 14),
    "CAL500": (["CAL500"], 174),
    "enron": (["enron"], 53),
    "genbase": (["genbase"], 27),
}
_CELLS = {"YES": 1.0, "NO": 0.0}  # of genbase: whether a protein has a motif
_MIN_IMAGES = 5  # of a label: fewer cannot be split
RATIOS = (100, 20)  # of the largest to the smallest class of EuroSAT


def collections(folder: Path) -> Iterator[tuple[str, Embeddings, LabeledImages]]:
    """Yield a name, embeddings and images of each collection: multi-label sets, and EuroSAT thinned to long tails."""
    for name in MULAN:
        yield name, *from_arrays(*read_mulan(folder / "mulan", name), encoder="embeddings", standardise=True)
    arrays = np.load(folder / "eurosat" / "mobilenet_v1_embeddings.npz", allow_pickle=False)
    vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays["scale"])
    labels = Labels.from_tags([[str(name)] for name in arrays["labels"]], kind="single-label")
    stored, images = from_arrays(vectors, labels, encoder="embeddings")
    for ratio in RATIOS:
        thinned = thin_to_long_tail(images, ratio=ratio, rng=generator(0, "long tail"))
        yield f"EuroSAT {ratio}:1", align(stored, thinned.names), thinned


def read_mulan(folder: Path, name: str) -> tuple[Float[np.ndarray, "N D"], Labels]:
    """Read features and labels of an ARFF file; a sparse row lists what is not 0, as {place value, ...}.

    A first attribute `protein` is the name of a row, and no feature.
    """
    files, number = MULAN[name]
    lines = [line for file in files for line in (folder / f"{file}.arff").read_text().splitlines() if line.strip()]
    named = any(line.startswith("@attribute protein ") for line in lines)
    columns = sum(bool(re.match("@attribute", line, re.IGNORECASE)) for line in lines) - named
    rows = [line.partition(",")[2] if named else line for line in lines if line[0] not in "@%"]
    matrix = np.zeros((len(rows), columns or rows[0].count(",") + 1), dtype=np.float32)
    for row, line in enumerate(rows):
        if line.startswith("{"):
            for cell in line.strip("{} ").split(","):
                place, value = cell.split()
                matrix[row, int(place)] = float(value)
        else:
            matrix[row] = [_number(cell.strip()) for cell in line.split(",")]
    carried: Bool[np.ndarray, "N C"] = matrix[:, -number:] > 0.5
    kept = np.flatnonzero(carried.sum(axis=0) >= _MIN_IMAGES)
    return matrix[:, :-number], Labels(carried[:, kept], tuple(f"label {i}" for i in kept), "multi-label")


def _number(cell: str) -> float:
    return _CELLS[cell] if cell in _CELLS else float(cell)


def measure(
    embeddings: Embeddings, images: LabeledImages, *, seeds: int, methods: Sequence[str] = METHODS
) -> tuple[Contrasts, Grouping]:
    """Train every head of a comparison and return its differences with their variance components."""
    study = Study(source="", encoders=("embeddings",), methods=tuple(methods), seeds=seeds)
    design = design_study(study, images)
    stored = {"embeddings": embeddings}
    heads = train(stored, images.labels, head_tasks(plan_heads(design, stored), stored, study.recipe))
    tests = {repeat.seed: repeat.split.test for repeat in design.repeats}
    scores = {
        HeadPart("embeddings", key.method, key.seed, "test"): HeadScores(
            tests[key.seed], fitted.logits(embeddings.vectors[tests[key.seed]]), link=fitted.head.link
        )
        for key, fitted in heads.items()
    }
    labels = images.labels
    grouping = group_classes(labels.classes, counts=labels.counts, low_frequency=design.low_frequency)
    named = [str(method) for method in design.methods[1:]]
    found = contrasts_from_scores(
        scores, encoder="embeddings", methods=named, baseline="baseline", metric="average_precision", grouping=grouping,
        labels=labels.matrix,
    )  # fmt: skip
    return found, grouping


def measure_run(folder: Path) -> tuple[Contrasts, Grouping]:
    """Return the differences of a finished run, of its first encoder."""
    run = Run.load(folder)
    labels, low = run.labels, run.classes["low_frequency"].to_numpy(bool)
    grouping = group_classes(labels.classes, counts=labels.counts, low_frequency=low)
    identical = set(run.method_table.loc[run.method_table["identical_ranking"], "method"])
    methods = [method for method in run.methods[1:] if method not in identical]
    scores = open_test_scores(run.scores, labels=labels.matrix)
    found = contrasts_from_scores(
        scores, encoder=run.encoders[0], methods=methods, baseline="baseline", metric="average_precision",
        grouping=grouping, labels=labels.matrix, baselines=run.baselines,
    )  # fmt: skip
    return found, grouping
