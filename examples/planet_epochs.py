"""Which epoch the lowest validation loss keeps on Planet's real label table, for the baseline and oversample(30000).

    python examples/planet_epochs.py train_v2.csv

Section 5.3 of the paper guesses that oversampling was stopped too early. The labels, their co-occurrence and the number
of rows are Planet's; the embeddings stand in for those of an encoder: noise alone, and noise shifted by each label that
an image carries. Fifteen minutes on two cores.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tailprobe.datasets.tables.tags import read_tags
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.labels import Labels
from tailprobe.learners.recipe import PAPER_RECIPE
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

WIDTH, SEEDS = 32, 5
SHIFTS = (0.0, 3.0)  # of an image by each of its labels, in standard deviations of the noise


def main(table: str) -> None:
    """Train both methods on each stand-in, and print the epochs kept."""
    labels = read_tags(Path(table)).labels
    print(
        "| shift by a label | method | rows an epoch | epoch kept, by seed | AP, low-frequency |\n|---|---|---|---|---|"
    )
    for shift in SHIFTS:
        with TemporaryDirectory() as folder:
            run = compared(labels, shift, Path(folder))
            for method in run.methods:
                print(
                    f"| {shift:g} | {method} | {rows(run, method):,.0f} | {kept(run, method)} | {score(run, method)} |"
                )


def compared(labels: Labels, shift: float, folder: Path) -> Run:
    """Compare on embeddings of standard normal noise, shifted along a direction of its own for each label."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(len(labels.classes), WIDTH))
    directions *= shift / np.linalg.norm(directions, axis=1, keepdims=True)
    vectors = rng.normal(size=(len(labels), WIDTH)) + labels.matrix @ directions
    embeddings, images = from_arrays(vectors.astype(np.float32), labels, encoder="stand-in")
    study = Study(
        source="stand-in",
        encoders=("stand-in",),
        methods=("oversample(30000)",),
        seeds=SEEDS,
        split="random",
        recipe=PAPER_RECIPE,
    )
    execution = Execution(cache=folder / "cache")
    return run_study(study, folder / "run", execution, images=images, embeddings={"stand-in": embeddings})


def rows(run: Run, method: str) -> float:
    """Return the rows of an epoch, mean over the seeds."""
    return float(run.plans[run.plans["method"] == method]["rows"].mean())


def kept(run: Run, method: str) -> str:
    """Return the epoch that each seed kept."""
    history = run.histories[(run.histories["method"] == method) & run.histories["kept"]]
    return ", ".join(str(epoch) for epoch in history.sort_values("seed")["epoch"])


def score(run: Run, method: str) -> str:
    """Return the average precision of the low-frequency classes, mean over the seeds."""
    table = run.table()
    chosen = (table["method"] == method) & (table["class_name"] == "low-frequency")
    return f"{float(table.loc[chosen, 'mean'].iloc[0]):.3f}"


if __name__ == "__main__":
    main(*sys.argv[1:])
