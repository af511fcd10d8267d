"""What rounding the factors of every product to bfloat16 does to scores, beside what another seed does.

Ten seeds of the baseline, width 128, 20 epochs, in float32 and in bfloat16: mean average precision on the test part,
over all classes and over the rare ones. On EuroSAT's real embeddings, thinned to a long tail of 100 to 1, where they
lie beside the project, else on made ones. The kernels are the fastest of this machine; one without bfloat16 units
rounds all the same, slowly.
"""

import os
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.row import Row
from tailprobe.datasets.long_tail import long_tail_counts
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import PAPER_RECIPE
from tailprobe.randomness import generator
from tailprobe.splits import stratified_split
from tailprobe.training.engine import train
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.task import HeadKey, HeadTask

SEEDS = 10
PRECISIONS = {
    "float32": choose_kernel().name,
    "bfloat16": (*native.bfloat16_variants(), "stacked-bfloat16")[0],
}


def rows() -> list[Row]:
    """Train every seed in both precisions."""
    x, labels, name = _data()
    splits = [stratified_split(labels, rng=generator(seed, "split")) for seed in range(SEEDS)]
    heads = {precision: _heads(x, labels, splits, kernel) for precision, kernel in PRECISIONS.items()}
    rare = labels.counts <= np.percentile(labels.counts, 25)
    measured = []
    for group, classes in {"all classes": np.ones_like(rare), "rare classes": rare}.items():
        exact, rounded = (
            np.array([_score(head, x, labels, split.test, classes) for head, split in zip(each, splits, strict=True)])
            for each in heads.values()
        )
        measured += _compared(f"{name}, {group}", exact, rounded - exact)
    return measured


def _compared(name: str, exact: np.ndarray, change: np.ndarray) -> list[Row]:
    unit = "mean average precision"
    return [
        Row(f"{name}: float32, mean of {SEEDS} seeds", float(exact.mean()), unit),
        Row(f"{name}: float32, standard deviation over seeds", float(exact.std(ddof=1)), unit),
        Row(f"{name}: bfloat16 - float32 of the same seed, mean", float(change.mean()), unit),
        Row(f"{name}: the same, root mean square", float(np.sqrt((change**2).mean())), unit),
        Row(f"{name}: the same, largest", float(np.abs(change).max()), unit),
    ]


def _heads(x: np.ndarray, labels: Labels, splits: list, kernel: str) -> list[FittedHead]:
    tasks = [
        HeadTask(HeadKey("e", "baseline", seed), _every_row(len(s.train)), PAPER_RECIPE, s.train, s.validation)
        for seed, s in enumerate(splits)
    ]
    return list(train({"e": Embeddings(x, (), "e", "e")}, labels, tasks, kernel=kernel).values())


def _every_row(rows: int) -> TrainingPlan:
    return TrainingPlan((Stage(np.arange(rows)),))


def _score(head: FittedHead, x: np.ndarray, labels: Labels, test: np.ndarray, classes: np.ndarray) -> float:
    return float(average_precision_score(labels.matrix[test][:, classes], head.logits(x[test])[:, classes]))


def _data() -> tuple[np.ndarray, Labels, str]:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    file = Path(os.environ.get("TAILPROBE_REAL_DATA", beside)) / "eurosat" / "mobilenet_v1_embeddings.npz"
    rng = generator(0, "bfloat16")
    if not file.exists():
        x = rng.standard_normal((7000, 256), dtype=np.float32)
        wanted = x @ rng.standard_normal((256, 6)) + 12 * rng.standard_normal((7000, 6))
        falling = 1 - np.array([0.5, 0.3, 0.1, 0.05, 0.03, 0.02])
        matrix = wanted > np.quantile(wanted, falling, axis=0).diagonal()
        return x, Labels(matrix, tuple("abcdef"), "multi-label"), "made data"
    stored = np.load(file)
    classes, of = np.unique(stored["labels"], return_inverse=True)
    sizes = long_tail_counts(np.bincount(of), ratio=100.0, ranks=rng.permutation(len(classes)))
    kept = np.concatenate([rng.choice(np.flatnonzero(of == c), size, replace=False) for c, size in enumerate(sizes)])
    x = stored["embeddings"][kept].astype(np.float32) * np.float32(stored["scale"])
    matrix = of[kept][:, None] == np.arange(len(classes))
    return x, Labels(matrix, tuple(map(str, classes)), "single-label"), "EuroSAT thinned 100 to 1"
