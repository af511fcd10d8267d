"""Coverage of the intervals of ranking part and threshold part, on simulated studies whose parts are known.

Three methods beside the baseline: one that differs by chance alone, one that separates classes better, and one that
does so and raises every logit by 1. The true parts are their means over the studies.

    python -m benchmarks.gain_sources [--studies 100]

A few minutes on one core.
"""

import argparse

import numpy as np
import pandas as pd

from benchmarks.simulate import Population, draw_study
from tailprobe.comparison.decomposition import PARTS, decompose
from tailprobe.comparison.grouping import group_classes
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.scores.head_scores import HeadPart, HeadScores

PREVALENCE = (0.3, 0.15, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03)
CLASSES = tuple(f"class {i}" for i in range(len(PREVALENCE)))
METHODS = {"baseline": 0.0, "idle": 0.0, "better": 0.0, "better and louder": 1.0}  # what is added to every logit
EFFECTS = (0.0, 0.3, 0.3)  # on how well the classes are separated
METRICS = ("recall@0.5", "precision@0.5", "f2@0.5")


def main() -> None:
    """Print the share of intervals that hold the true part, by metric and support."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--studies", type=int, default=100)
    table = pd.concat([study(seed).assign(study=seed) for seed in range(parser.parse_args().studies)])
    keys = ["method", "class_name", "is_group", "metric"]
    for part in PARTS:
        truth = table.groupby(keys)[part].transform("mean")
        table[f"{part} held"] = (table[f"{part}_low"] <= truth) & (truth <= table[f"{part}_high"])
    held = [f"{part} held" for part in PARTS]
    table["support"] = np.where(table["is_group"], table["class_name"], table["support"].map(_bin))
    shown = table[~table["is_group"] | table["class_name"].isin([LOW_FREQUENCY, REMAINING])]
    print(shown.groupby(["metric", "support"])[held].mean().round(3).to_string())
    print(shown.groupby(["metric", "method"])[held].mean().round(3).to_string())


def study(seed: int) -> pd.DataFrame:
    """Return the gains of one simulated study, taken apart."""
    effect = np.repeat(np.array(EFFECTS)[:, None], len(PREVALENCE), axis=1)
    population = Population(
        images=1500, prevalence=PREVALENCE, seeds=10, methods=len(EFFECTS), effect=effect, image_effect_sd=0.3
    )
    drawn = draw_study(population, np.random.default_rng(seed))
    half = np.full(len(PREVALENCE), 0.5)
    scores = {
        HeadPart("simulated", name, s, "test"): HeadScores(
            rows, (drawn.logits[s, m] - 2 + louder).astype(np.float32), thresholds={"0.5": half}
        )
        for s, rows in enumerate(drawn.rows)
        for m, (name, louder) in enumerate(METHODS.items())
    }
    rare = np.arange(len(PREVALENCE)) >= 5
    grouping = group_classes(CLASSES, counts=drawn.labels.sum(axis=0), low_frequency=rare)
    table = decompose(scores, labels=drawn.labels, grouping=grouping, rules=["0.5"])
    return table[table["metric"].isin(METRICS)]


def _bin(support: float) -> str:
    return "20 and more" if support >= 20 else "10 to 19" if support >= 10 else "5 to 9"


if __name__ == "__main__":
    main()
