"""Which epoch is kept: how far each criterion leaves each method below what it can reach, on real embeddings.

Every head is trained once for many epochs; its validation loss, its macro average precision on the validation part and
on the test part are known after each. A criterion is then replayed on these courses. What a method can reach is the
highest test average precision of any one epoch, taken of the mean over seeds, so that it is not the luck of single
heads; the shortfall is that less the mean test average precision of the epochs that the criterion keeps. A criterion
treats methods equally if their shortfalls are alike.

    python -m benchmarks.selection EMBEDDINGS.npz [--seeds 5] [--epochs 100]

The file holds `embeddings` times `scale` and `labels`, as for the other benchmarks on EuroSAT.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.embeddings.embeddings import align
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.labels import Labels
from tailprobe.learners.recipe import AUTO_PATIENCE, Recipe
from tailprobe.randomness import generator
from tailprobe.runs.settings import Study
from tailprobe.study.design import design_study, head_tasks, plan_heads
from tailprobe.training.engine import train

METHODS = (
    "reweight(3)", "reweight(10)", "undersample(low-frequency)", "oversample(largest)", "focal(2)", "asymmetric",
    "softmax", "balanced_softmax",
)  # fmt: skip


def main() -> None:
    """Print a table a criterion: method, epochs kept, shortfall."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    given = parser.parse_args()
    courses = train_courses(given.embeddings, seeds=given.seeds, epochs=given.epochs)
    for name, pick in criteria(given.epochs).items():
        table = replay(courses, pick)
        spread = table["shortfall"].max() - table["shortfall"].min()
        print(f"\n{name}: largest minus smallest shortfall {spread:.4f}, mean {table['shortfall'].mean():.4f}")
        print(table.round(4).to_string(index=False))


def train_courses(path: Path, *, seeds: int, epochs: int) -> pd.DataFrame:
    """Return validation_loss, average_precision and test by method, seed and epoch (from 1)."""
    arrays = np.load(path, allow_pickle=False)
    vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays["scale"])
    labels = Labels.from_tags([[str(name)] for name in arrays["labels"]], kind="single-label")
    stored, images = from_arrays(vectors, labels, encoder="embeddings")
    images = thin_to_long_tail(images, ratio=100, rng=generator(0, "long tail"))
    embeddings = {"embeddings": align(stored, images.names)}
    study = Study(source=str(path), methods=METHODS, seeds=seeds)
    design = design_study(study, images)
    recipe = Recipe(epochs=epochs, select="average_precision")
    tasks = head_tasks(plan_heads(design, embeddings), embeddings, recipe)
    parts = {repeat.seed: repeat.split for repeat in design.repeats}
    validated = train(embeddings, images.labels, tasks)
    tested = train(embeddings, images.labels, [replace(task, validation=parts[task.key.seed].test) for task in tasks])
    frames = []
    for key, fitted in validated.items():
        history, test = fitted.history, tested[key].history
        assert history is not None
        assert test is not None
        frame = pd.DataFrame({"loss": history.validation_loss, "precision": history.average_precision})
        frames.append(frame.assign(test=test.average_precision, method=key.method, seed=key.seed))
    return pd.concat(frames).rename_axis("epoch").reset_index().assign(epoch=lambda table: table["epoch"] + 1)


def criteria(epochs: int) -> dict[str, Callable[[pd.DataFrame], int]]:
    """Return criteria by name; each gives the epoch kept of one head's course."""
    return {
        "loss, 20 epochs (the paper's)": lambda course: _best(-course["loss"][:20]),
        "average precision, 20 epochs": lambda course: _best(course["precision"][:20]),
        "last of 20 epochs": lambda course: 20,
        "loss, patience 10": lambda course: _stopped(-course["loss"], 10),
        f"loss, patience {AUTO_PATIENCE}": lambda course: _stopped(-course["loss"], AUTO_PATIENCE),
        "average precision, patience 10": lambda course: _stopped(course["precision"], 10),
        f"average precision, patience {AUTO_PATIENCE} (the default)": lambda course: _stopped(
            course["precision"], AUTO_PATIENCE
        ),
        f"last of {epochs} epochs": lambda course: epochs,
    }


def replay(courses: pd.DataFrame, pick: Callable[[pd.DataFrame], int]) -> pd.DataFrame:
    """Return method, epochs kept (least, mean, most) and shortfall."""
    rows = []
    for method, heads in courses.groupby("method", sort=False):
        reachable = heads.groupby("epoch")["test"].mean().max()
        kept = {seed: pick(course.reset_index(drop=True)) for seed, course in heads.groupby("seed")}
        test = [
            heads[(heads["seed"] == seed) & (heads["epoch"] == epoch)]["test"].item() for seed, epoch in kept.items()
        ]
        epochs = list(kept.values())
        rows.append((method, min(epochs), np.mean(epochs), max(epochs), reachable, reachable - np.mean(test)))
    return pd.DataFrame(rows, columns=["method", "first", "mean", "last", "reachable", "shortfall"])


def _best(result: pd.Series) -> int:
    return int(result.argmax()) + 1


def _stopped(result: pd.Series, patience: int) -> int:
    """Return the best epoch before the result has not improved for `patience` epochs."""
    best = 0
    for epoch in range(len(result)):
        if result[epoch] > result[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best + 1


if __name__ == "__main__":
    main()
