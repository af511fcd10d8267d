"""Cost of a head as a study grows: more heads, more classes, more images, ten million of them in a file.

Seconds of processor time, reading and checks included. Width 128, 512 numbers a row, 24,287 rows drawn in one epoch of
batches of 64; embeddings are memory-mapped float16, in a file with holes where it would be ten gigabytes. Memory is
what the process has beside files (RssAnon), before and at its most.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.row import Row
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.engine import train
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.task import HeadKey, HeadTask

INPUTS, WIDTH, DRAWN = 512, 128, 24287
STUDIES = [  # heads, classes, images
    (4, 17, DRAWN + 64), (16, 17, DRAWN + 64), (64, 17, DRAWN + 64),
    (4, 100, DRAWN + 64), (4, 1000, DRAWN + 64),
    (4, 17, 1_000_000), (4, 17, 10_000_000),
]  # fmt: skip


def rows() -> list[Row]:
    """Train each study; the plain way of each line is the first study."""
    table: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), *STUDIES[0])  # what the first training of a process takes is not the study's
        for heads, classes, images in STUDIES:
            seconds, grown, stated = _measure(Path(folder), heads, classes, images)
            name = f"{heads} heads, {classes} classes, {images:,} images"
            flops = 2 * WIDTH * (2 * INPUTS + 3 * classes) * DRAWN
            plain = table[0].value if table else seconds
            table += [
                Row(name, seconds, "processor s a head and epoch", plain / seconds),
                Row(f"{name}: rate", 1e-9 * flops / seconds, "GFLOP/s a core"),
                Row(f"{name}: memory taken", grown / 2**20, "MB"),
                Row(f"{name}: memory stated before", stated / 2**20, "MB"),
            ]
    return table


def _measure(folder: Path, heads: int, classes: int, images: int) -> tuple[float, float, float]:
    """Return seconds a head, and bytes taken and stated; the better of two runs, the second of a file in memory."""
    rng = np.random.default_rng(0)
    stored = np.lib.format.open_memmap(folder / "x.npy", mode="w+", dtype=np.float16, shape=(images, INPUTS))
    part = np.sort(rng.choice(images, DRAWN + 64, replace=False))
    stored[part[::16]] = rng.standard_normal((len(part[::16]), INPUTS), dtype=np.float32)  # the rest are holes
    labels = np.zeros((images, classes), dtype=bool)
    labels[part] = rng.random((len(part), classes)) < 0.1
    study = Labels(labels, tuple(map(str, range(classes))), "multi-label")
    embeddings = {"noise": Embeddings(np.load(folder / "x.npy", mmap_mode="r"), (), "noise", "noise")}
    plan, recipe = TrainingPlan((Stage(np.arange(DRAWN)),)), Recipe(width=WIDTH, epochs=1, select="loss")
    tasks = [
        HeadTask(HeadKey("noise", "baseline", seed), plan, recipe, part[:DRAWN], part[DRAWN:]) for seed in range(heads)
    ]
    stated = plan_resources(embeddings, study, tasks, kernel=choose_kernel()).bytes
    least, grown = float("inf"), 0.0
    for _ in range(2):
        with _most_memory() as memory:
            started = time.process_time()
            train(embeddings, study, tasks)
            least = min(least, (time.process_time() - started) / heads)
        grown = max(grown, memory[-1] - memory[0])
    return least, grown, stated


@contextmanager
def _most_memory() -> Iterator[list[float]]:
    """Watch the process's own memory; the list ends with the most that was seen."""
    seen, stop = [_own_memory()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            seen.append(_own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()
        seen.append(max(seen))


def _own_memory() -> float:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return float(fields["RssAnon"].split()[0]) * 1024
