"""How often the intervals of `tailprobe investigate size` hold: predicted from a tenth of EuroSAT, tested by the rest.

A tenth of EuroSAT's images is a collection, on which each class's learning curve is measured and fitted. Then the class
alone gets 2, 4 and 8 times its training images, from the other nine tenths, all other classes stay as in the tenth, and
the heads are tested on a third of the images, which no collection holds: the truth, but for its own few draws.
Embeddings are cut to their first principal components, so that thousands of heads are a matter of minutes.

    python -m benchmarks.size_curve EMBEDDINGS.npz [--collections 3] [--seeds 5] [--components 64]

The file holds `embeddings` times `scale` and `labels`, as for the other benchmarks on EuroSAT.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.investigate.size.answer import ClassCurve, investigate_size
from tailprobe.investigate.trials import Material, Training, Trial, measure, run_trials
from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.randomness import generator
from tailprobe.splits import Split

FACTORS = (1, 2, 4, 8)  # times the training images of the tenth


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--collections", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--components", type=int, default=64)
    given = parser.parse_args()
    stored, images = read(given.embeddings, components=given.components)
    frames = []
    for number in range(given.collections):
        frames.append(one_collection(stored, images, number=number, seeds=given.seeds))
        print(f"\nafter {number + 1} collection(s):\n{summary(pd.concat(frames)).round(3).to_string()}", flush=True)
    shapes = pd.concat(frames).query("factor == 1")["shape"].value_counts()
    print(f"\nshapes of the tenth's curves: {shapes.to_dict()}")


def read(path: Path, *, components: int) -> tuple[Embeddings, LabeledImages]:
    """Return EuroSAT's embeddings, cut to principal components, and its labels."""
    arrays = np.load(path, allow_pickle=False)
    vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays["scale"])
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :components]
    labels = Labels.from_tags([[str(name)] for name in arrays["labels"]], kind="single-label")
    return from_arrays(np.ascontiguousarray(centred @ axes), labels, encoder="embeddings", standardise=True)


def one_collection(stored: Embeddings, images: LabeledImages, *, number: int, seeds: int) -> pd.DataFrame:
    """Return one row per class and factor: predicted interval and the truth."""
    order = generator(number, "size curve").permutation(len(images))
    tenth, tested, pool = np.split(order, [len(images) // 10, len(images) // 10 + len(images) // 3])
    tenth = np.sort(tenth)
    small = images.rows(tenth)
    material = Material.of(align(stored, small.names), small, seeds=seeds)
    answer = investigate_size(material, material.classes, Training())
    truths = {
        (c, factor): value
        for c, factor, value in _truths(material, stored, images, tenth=tenth, pool=pool, tested=tested, seeds=seeds)
    }
    rows = [_row(found, factor, truths[found.steps.name, factor]) for found in answer.classes for factor in FACTORS]
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return by factor how often the 95% intervals hold the truth, their width, and errors."""
    by_factor = table.assign(
        holds=(table["low"] <= table["truth"]) & (table["truth"] <= table["high"]),
        gain_holds=(table["gain_low"] <= table["gain"]) & (table["gain"] <= table["gain_high"]),
        width=table["high"] - table["low"],
        error=(table["predicted"] - table["truth"]).abs(),
        error_without_growth=(table["now"] - table["truth"]).abs(),
        bias=table["predicted"] - table["truth"],
    ).groupby("factor")
    columns = ["holds", "gain_holds", "width", "error", "error_without_growth", "bias"]
    return by_factor[columns].mean().assign(curves=by_factor.size())


def _row(found: ClassCurve, factor: int, truth: dict[str, float]) -> dict[str, object]:
    most = int(found.steps.images[-1])
    middle, low, high = (float(end[0]) for end in found.curve.interval(np.array([factor * most])))
    gain, gain_low, gain_high = found.curve.gain(factor)
    return {
        "class_name": found.steps.name,
        "factor": factor,
        "shape": found.verdict.shape,
        "predicted": middle,
        "low": low,
        "high": high,
        "now": found.curve.interval(np.array([most]))[0][0],
        "predicted_gain": gain,
        "gain_low": gain_low - 1e-9,
        "gain_high": gain_high + 1e-9,
        **truth,
    }


def _truths(
    material: Material,
    stored: Embeddings,
    images: LabeledImages,
    *,
    tenth: Int[np.ndarray, " T"],
    pool: Int[np.ndarray, " P"],
    tested: Int[np.ndarray, " H"],
    seeds: int,
) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Yield class, factor, and the mean average precision with that many times its training images."""
    splits = {
        seed: Split(np.concatenate([tenth[split.train], pool]), tenth[split.validation], tested)
        for seed, split in material.splits.items()
    }
    whole = replace(material, embeddings=stored, images=images, splits=splits)
    trials = list(_trials(whole, material))
    values: dict[tuple[str, int], list[float]] = {}
    for head in run_trials(whole, trials, Training(), total=len(trials)):
        c = whole.place(head.case[0])
        values.setdefault(head.case, []).append(float(measure(whole, head, "average_precision").influence.value[c]))
    mean = {case: float(np.mean(of_case)) for case, of_case in values.items()}
    for name, factor in values:
        yield name, factor, {"truth": mean[name, factor], "gain": mean[name, factor] - mean[name, 1]}


def _trials(whole: Material, material: Material) -> Iterator[Trial[tuple[str, int]]]:
    for c, name in enumerate(whole.classes):
        for factor in FACTORS:
            for seed, split in whole.splits.items():
                own = len(material.splits[seed].train)
                carried = whole.images.labels.matrix[split.train, c]
                further = np.flatnonzero(carried[own:]) + own
                wanted = (factor - 1) * int(carried[:own].sum())
                added = generator(seed, "size curve", name).permutation(further)[:wanted]
                rows = np.concatenate([np.arange(own), added])
                yield Trial((name, factor), seed, TrainingPlan((Stage(rows),)))


if __name__ == "__main__":
    main()
