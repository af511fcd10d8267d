"""The paper's whole Planet grid from stored embeddings: 2 encoders x 9 settings x 10 seeds, width 128, 20 epochs.

    python -m benchmarks.planet_grid --share 0.1

trains a tenth of the 20 (encoder, seed) pairs, all nine settings of each, and says what the whole would take at that
rate. The label table is the real one where it is beside the project, else one with its counts; embeddings are noise.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.row import Row
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.learners.recipe import PAPER_RECIPE
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.randomness import generator
from tailprobe.splits import random_split
from tailprobe.training.engine import train
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import Resources, plan_resources
from tailprobe.training.task import HeadKey, HeadTask

ENCODERS, SEEDS, INPUTS = ("clip", "resnet18"), 10, 512
FLOPS = 2 * 128 * (2 * INPUTS + 3 * 17)  # a row: two products of the first layer, three of the second
COUNTS = {  # images of each tag among Planet's 40,479
    "agriculture": 12315, "artisinal_mine": 339, "bare_ground": 862, "blooming": 332, "blow_down": 98, "clear": 28431,
    "cloudy": 2089, "conventional_mine": 100, "cultivation": 4477, "habitation": 3660, "haze": 2697,
    "partly_cloudy": 7261, "primary": 37513, "road": 8071, "selective_logging": 340, "slash_burn": 209, "water": 7411,
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What a share of the grid took."""

    pairs: int  # (encoder, seed) pairs, of 20
    heads: int
    rows: int  # trained on, over all heads and epochs
    seconds: float
    processor_seconds: float
    labels: str
    plan: Resources

    @property
    def whole(self) -> float:
        """How many times as large the whole grid is."""
        return len(ENCODERS) * SEEDS / self.pairs


def main() -> None:
    """Train the share and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the 20 (encoder, seed) pairs, at least one")
    parser.add_argument("--kernel", default="auto", help="see choose_kernel")
    chosen = parser.parse_args()
    took = measure(chosen.share, kernel=chosen.kernel)
    print(f"{took.plan}; labels: {took.labels}; embeddings: noise, float16, memory-mapped")
    print(f"{took.pairs} of 20 pairs, {took.heads} heads, {took.rows:,} rows: {took.seconds:.1f} s")
    cores = took.processor_seconds / took.seconds
    print(f"{took.processor_seconds:.1f} s of processor time: {cores:.1f} cores were to be had")
    print(f"{1e-12 * FLOPS * took.rows * took.whole:.0f} TFLOP for the whole grid", end=", ")
    print(f"{1e-9 * FLOPS * took.rows / took.seconds:.0f} GFLOP/s")
    print(f"the whole grid{'' if took.whole == 1 else ' at this rate'}: {took.seconds * took.whole / 60:.1f} minutes")


def rows() -> list[Row]:
    """Measure one of the 20 pairs, with all nine settings, and say what the whole would take at that rate."""
    names = (choose_kernel().name, *native.bfloat16_variants()[:1])
    return [row for name in names for row in _rows(name)]


def _rows(kernel: str) -> list[Row]:
    took = measure(1 / 20, kernel=kernel)
    floats = 1e-9 * FLOPS * took.rows
    return [
        Row(f"{kernel}: one (encoder, seed) of 20, nine settings", took.seconds, "s"),
        Row(f"{kernel}: the same, processor time", took.processor_seconds, "s"),
        Row(f"{kernel}: the same, rate", floats / took.seconds, "GFLOP/s"),
        Row(f"{kernel}: the whole grid, extrapolated, 20 times that", took.seconds * 20 / 60, "minutes"),
        Row(f"{kernel}: the same, had it two cores alone", took.processor_seconds * 10 / 60, "minutes"),
    ]


def measure(share: float, *, kernel: str = "auto") -> Measured:
    """Train a share of the pairs, all nine settings of each."""
    labels, source = _labels()
    pairs = [(encoder, seed) for seed in range(SEEDS) for encoder in ENCODERS]
    trained = pairs[: max(1, round(share * len(pairs)))]
    tasks = [task for pair in trained for task in _tasks(*pair, labels)]
    with tempfile.TemporaryDirectory() as folder:
        embeddings = {name: _embeddings(name, len(labels), Path(folder)) for name in ENCODERS}
        plan = plan_resources(embeddings, labels, tasks, kernel=choose_kernel(kernel))
        started, before = time.perf_counter(), time.process_time()
        train(embeddings, labels, tasks, kernel=kernel)
        seconds, processor = time.perf_counter() - started, time.process_time() - before
    drawn = sum(task.plan.rows_per_epoch * task.recipe.max_epochs for task in tasks)
    return Measured(len(trained), len(tasks), drawn, seconds, processor, source, plan)


def _tasks(encoder: str, seed: int, labels: Labels) -> list[HeadTask]:
    split = random_split(labels, rng=generator(seed, "split"))
    part = labels.rows(split.train)
    low = part.counts <= np.percentile(part.counts, 25)
    methods = parse_methods(["paper"])
    learners = {str(m): m.learner(TrainingSet(part, low, generator(seed, str(m)))) for m in methods}
    return [
        HeadTask(HeadKey(encoder, name, seed), learner, PAPER_RECIPE, split.train, split.validation)
        for name, learner in learners.items()
    ]


def _labels() -> tuple[Labels, str]:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    table = Path(os.environ.get("TAILPROBE_REAL_DATA", beside)) / "planet" / "train_v2.csv"
    if table.exists():
        return Labels.from_tags([tags.split() for tags in pd.read_csv(table)["tags"]]), "the real table"
    rng = generator(0, "planet labels")
    shares = np.array(list(COUNTS.values())) / 40479
    return Labels(rng.random((40479, len(COUNTS))) < shares, tuple(COUNTS), "multi-label"), "drawn with Planet's counts"


def _embeddings(name: str, rows: int, folder: Path) -> Embeddings:
    path = folder / f"{name}.npy"
    stored = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(rows, INPUTS))
    rng = generator(0, name)
    for start in range(0, rows, 4096):
        stored[start : start + 4096] = rng.standard_normal((min(4096, rows - start), INPUTS), dtype=np.float32)
    stored.flush()
    return Embeddings(np.load(path, mmap_mode="r"), tuple(map(str, range(rows))), name, name)


if __name__ == "__main__":
    main()
