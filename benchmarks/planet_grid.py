"""The paper's whole Planet grid from stored embeddings: 2 encoders x 9 settings x 10 seeds, width 128, 20 epochs.

    python -m benchmarks.planet_grid --share 0.1

trains a tenth of the 20 (encoder, seed) pairs, all nine settings of each, and says what the whole would take at that
rate. The label table is the real one where it is beside the project, else one with its counts; embeddings are noise.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.callspec import parse_call
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.methods.lookup import make_plan, parse_methods
from tailprobe.randomness import generator
from tailprobe.splits import random_split
from tailprobe.training.engine import train
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.recipe import Recipe
from tailprobe.training.task import HeadKey, HeadTask

ENCODERS, SEEDS, INPUTS = ("clip", "resnet18"), 10, 512
METHODS = [str(spec) for spec in parse_methods(["paper"])]
COUNTS = {  # images of each tag among Planet's 40,479
    "agriculture": 12315, "artisinal_mine": 339, "bare_ground": 862, "blooming": 332, "blow_down": 98, "clear": 28431,
    "cloudy": 2089, "conventional_mine": 100, "cultivation": 4477, "habitation": 3660, "haze": 2697,
    "partly_cloudy": 7261, "primary": 37513, "road": 8071, "selective_logging": 340, "slash_burn": 209, "water": 7411,
}  # fmt: skip


def main() -> None:
    """Train the share and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the 20 (encoder, seed) pairs, at least one")
    parser.add_argument("--kernel", default="auto", help="see choose_kernel")
    chosen = parser.parse_args()
    labels, source = _labels()
    pairs = [(encoder, seed) for seed in range(SEEDS) for encoder in ENCODERS]
    trained = pairs[: max(1, round(chosen.share * len(pairs)))]
    tasks = [task for pair in trained for task in _tasks(*pair, labels)]
    with tempfile.TemporaryDirectory() as folder:
        embeddings = {name: _embeddings(name, len(labels), Path(folder)) for name in ENCODERS}
        print(plan_resources(embeddings, labels, tasks, kernel=choose_kernel(chosen.kernel)), flush=True)
        started, before = time.perf_counter(), time.process_time()
        train(embeddings, labels, tasks, kernel=chosen.kernel)
        seconds, processor = time.perf_counter() - started, time.process_time() - before
    rows = sum(len(task.plan.rows) * task.recipe.epochs for task in tasks)
    whole = len(pairs) / len(trained)
    flops = 2 * 128 * (2 * INPUTS + 3 * len(labels.classes)) * rows
    print(f"labels: {source}; embeddings: noise, float16, memory-mapped; kernel: {choose_kernel(chosen.kernel).name}")
    print(f"{len(trained)} of {len(pairs)} pairs, {len(tasks)} heads, {rows:,} rows: {seconds:.1f} s")
    print(f"{processor:.1f} s of processor time, so {processor / seconds:.1f} cores were to be had")
    print(f"that is {1e-9 * flops / seconds:.0f} GFLOP/s, {flops * whole * 1e-12:.0f} TFLOP for the whole grid")
    print(f"the whole grid{'' if whole == 1 else ' at this rate'}: {seconds * whole / 60:.1f} minutes")


def _tasks(encoder: str, seed: int, labels: Labels) -> list[HeadTask]:
    split = random_split(labels, rng=generator(seed, "split"))
    part = labels.rows(split.train)
    low = part.counts <= np.percentile(part.counts, 25)
    plans = [make_plan(parse_call(name), part, low, rng=generator(seed, name)) for name in METHODS]
    return [
        HeadTask(HeadKey(encoder, name, seed), plan, Recipe(), split.train, split.validation)
        for name, plan in zip(METHODS, plans, strict=True)
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
