"""Which epoch the lowest validation loss keeps on Planet's real label table, for the baseline and oversample(30000).

    python examples/planet_epochs.py train_v2.csv [SEED]

Section 5.3 of the paper guesses that oversampling was stopped too early. The labels, their co-occurrence and the number
of rows are Planet's; the embeddings stand in for those of an encoder: noise alone, and noise shifted by each label that
an image carries. A minute on one core.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.datasets.tables.tags import read_tags
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.labels import Labels
from tailprobe.learners.recipe import PAPER_RECIPE
from tailprobe.runs.settings import Study
from tailprobe.study.design import design_study, head_tasks, plan_heads
from tailprobe.study.record import histories
from tailprobe.training.engine import train

WIDTH = 64
SHIFTS = (0.0, 3.0)  # of an image by each of its labels, in standard deviations of the noise


def main(table: str, seed: str = "0") -> None:
    """Train both methods on each stand-in, and print the epochs kept."""
    labels = read_tags(Path(table)).labels
    print("| shift by a label | seed | method | updates | epoch kept | validation loss: first, kept, last |")
    print("|---|---|---|---|---|---|")
    for shift in SHIFTS:
        for method, history in trained(labels, shift, int(seed)).groupby("method", sort=False):
            losses = history.set_index("epoch")["validation_loss"]
            kept = int(history.loc[history["kept"], "epoch"].iloc[0])
            shown = ", ".join(f"{losses[epoch]:.4f}" for epoch in (1, kept, len(losses)))
            print(
                f"| {shift:g} | {seed} | {method} | {history['steps'].iloc[0]:,} | {kept} of {len(losses)} | {shown} |"
            )


def trained(labels: Labels, shift: float, seed: int) -> pd.DataFrame:
    """Return the losses by epoch on standard normal noise, shifted along a direction of its own for each label."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(len(labels.classes), WIDTH))
    directions *= shift / np.linalg.norm(directions, axis=1, keepdims=True)
    vectors = rng.normal(size=(len(labels), WIDTH)) + labels.matrix @ directions
    embeddings, images = from_arrays(vectors.astype(np.float32), labels, encoder="stand-in")
    study = Study(
        source="stand-in",
        encoders=("stand-in",),
        methods=("oversample(30000)",),
        seeds=1,
        seed=seed,
        split="random",
        recipe=PAPER_RECIPE,
    )
    stored = {"stand-in": embeddings}
    tasks = head_tasks(plan_heads(design_study(study, images), stored), stored, study.recipe)
    return histories(train(stored, labels, tasks))


if __name__ == "__main__":
    main(*sys.argv[1:])
