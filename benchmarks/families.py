"""What each method and each family of methods costs, on real embeddings: the whole shelf in one study.

Methods are planned and trained one after the other on one core, by the code of a study, in processor seconds a head.
What an earlier method of the list has trained or computed is taken from it, as in a study, so that corrections of a
trained head cost their correction alone. Sums for more seeds than were measured are extrapolated, and marked so.

    python -m benchmarks.families EMBEDDINGS.npz [--seeds 2] [--long-tail 100] [--methods all] [--whole 20]
        [--kernel auto]

EMBEDDINGS is what `tailprobe embed IMAGES --encoder efficientnet_lite0 --export EMBEDDINGS.npz` writes. `--whole 20`
then runs the study itself, with 20 seeds on all cores, and prints its wall time by stage.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one head a core, as the engine has it

import pandas as pd

from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.learners.memo import Memo
from tailprobe.learners.recipe import Recipe
from tailprobe.methods.method import BoundMethod
from tailprobe.randomness import generator
from tailprobe.runs.settings import Study
from tailprobe.study.api import compare
from tailprobe.study.design import Design, design_study, head_tasks, leave_out_methods, plan_heads
from tailprobe.training.engine import train
from tailprobe.training.schedule import train_all
from tailprobe.training.shared import SharedFits

SEEDS = 20  # of the study that sums are extrapolated to


@dataclass(frozen=True)
class Given:
    """What is measured."""

    path: Path
    long_tail: float
    methods: str
    seeds: int
    split: str
    kernel: str

    def study(self, seeds: int) -> Study:
        """Return the settings of the study."""
        return Study(
            source=str(self.path), methods=(self.methods,), seeds=seeds, long_tail=self.long_tail, split=self.split
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--long-tail", type=float, default=100)
    parser.add_argument("--methods", default="all")
    parser.add_argument("--split", default="rotated", help="rotated seeds come in fives; stratified ones one by one")
    parser.add_argument("--kernel", default="auto", help="as of tailprobe compare; bfloat16 where the processor has it")
    parser.add_argument("--whole", type=int, default=0, help="seeds of a real study, 0 for none")
    asked = parser.parse_args()
    given = Given(asked.embeddings, asked.long_tail, asked.methods, asked.seeds, asked.split, asked.kernel)
    if asked.seeds:
        costs, seeds = measure(given)
        print(by_method(costs, seeds).to_string(index=False))
        print()
        print(by_family(costs, seeds).to_string(index=False))
    if asked.whole:
        print()
        print(whole_study(given, asked.whole).to_string(index=False))


def measure(given: Given) -> tuple[pd.DataFrame, int]:
    """Return the processor seconds of each method, all seeds together (method, family, plan, fit), and the seeds."""
    vectors, images = read_embeddings(given.path)
    images = thin_to_long_tail(images, ratio=given.long_tail, rng=generator(0, "long tail"))
    stored = {vectors.encoder: align(vectors, images.names)}
    study = given.study(given.seeds)
    design = leave_out_methods(study, design_study(study, images), stored)
    bare = replace(design, repeats=tuple(replace(repeat, learners={}) for repeat in design.repeats))
    one = partial(_one, kernel=given.kernel)
    with tempfile.TemporaryDirectory() as folder:
        # The first head of a process costs more.
        one(bare, stored, design.methods[0], Path(folder) / "first", SharedFits(1), {})
        shared, finished = SharedFits(len(design.repeats)), Path(folder) / "all"
        memos = {(encoder, repeat.seed): Memo() for encoder in stored for repeat in design.repeats}
        rows = [one(bare, stored, method, finished, shared, memos) for method in design.methods]
    return pd.DataFrame(rows), len(design.repeats)


def _one(
    design: Design,
    stored: dict[str, Embeddings],
    method: BoundMethod,
    finished: Path,
    shared: SharedFits,
    memos: dict[tuple[str, int], Memo],
    *,
    kernel: str,
) -> dict[str, object]:
    """Plan and train the heads of one method; what other methods have trained is in the folder `finished`."""
    started = time.process_time()
    planned = plan_heads(replace(design, methods=(method,)), stored, memos=memos)
    made = time.process_time()
    train(
        stored,
        design.images.labels,
        head_tasks(planned, stored, Recipe()),
        kernel=kernel,
        workers=1,
        checkpoints=finished,
        schedule=partial(train_all, shared=shared),
    )
    row = {"method": str(method), "family": method.family, "plan": made - started, "fit": time.process_time() - made}
    print(f"{row['method']}: {row['plan']:.2f} + {row['fit']:.2f} s", file=sys.stderr, flush=True)
    return row


def by_method(costs: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """Return seconds a head, the dearest first."""
    table = costs.assign(plan=costs["plan"] / seeds, fit=costs["fit"] / seeds)
    table["seconds"] = table["plan"] + table["fit"]
    return table.sort_values("seconds", ascending=False).round(2)


def by_family(costs: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """Return the seconds of each family: measured, and of `SEEDS` seeds on two cores, extrapolated."""
    table = costs.assign(methods=1).groupby("family")[["methods", "plan", "fit"]].sum()
    table = pd.concat([table, table.sum().to_frame("all").T])
    table["seconds"] = table["plan"] + table["fit"]
    table[f"{SEEDS} seeds, two cores"] = table["seconds"] * SEEDS / seeds / 2
    return table.astype({"methods": int}).rename_axis("family").reset_index().round(1)


def whole_study(given: Given, seeds: int) -> pd.DataFrame:
    """Run the study and return its wall time by stage, in seconds."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        compare(
            given.path, methods=given.methods, seeds=seeds, long_tail=given.long_tail, split=given.split,
            progress=watch, kernel=given.kernel, out=Path(folder) / "run", cache=Path(folder) / "cache",
        )  # fmt: skip
        return watch.table()


class Watch:
    """A `Progress` that notes when each stage reports."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._ended: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note the time."""
        self._ended[stage] = time.perf_counter()

    def table(self) -> pd.DataFrame:
        """Return the seconds from the end of the stage before to the end of each, and of the whole."""
        now = time.perf_counter()
        ends = sorted(self._ended.items(), key=lambda item: item[1])
        before = [self._started, *(end for _, end in ends)]
        rows = [(stage, end - start) for (stage, end), start in zip(ends, before, strict=False)]
        rows += [("rest", now - before[-1]), ("all", now - self._started)]
        return pd.DataFrame(rows, columns=["stage", "seconds"]).round(1)


if __name__ == "__main__":
    main()
