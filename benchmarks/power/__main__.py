"""Error rates, coverage and power of the verdicts on studies drawn from real embeddings, with known truth.

    python -m benchmarks.power EMBEDDINGS.npz [--studies 150] [--workers 2]

Collections of 2,000 images, 20 to 1, are drawn from the embeddings; heads of the baseline and eight methods are trained
under 5, 10 and 20 seeds, with independent and with rotated splits. The truth is the mean difference over collections.
Power: the differences are centred, so that no method does anything in the mean, and effects are planted on the
low-frequency classes of four methods; the images of each class are drawn too. Coverage: every collection has the same
images of each class, since what these counts decide (how many rows undersampling draws, say) is part of the truth.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one study a core, not one product on all

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.power.kept import Studies, draw
from benchmarks.power.population import Population
from benchmarks.power.report import STRENGTH, coverage, decide_with, false_findings, power
from benchmarks.power.ridge import METHODS
from benchmarks.power.studies import Key, Plan, class_grouping
from benchmarks.power.truth import HELPED, mean_difference, planted_effects, shifted

REFERENCE = Key("independent", 10)  # its spread is the unit of the planted effects


def main() -> None:
    """Draw the studies and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("embeddings", type=Path)
    parser.add_argument(
        "--tables", nargs="+", choices=TABLES, default=["power", "coverage", "null"], help="default: all but trained"
    )
    parser.add_argument("--studies", type=int, default=150)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("evidence"),
        help="where drawn studies are kept, to go on from; delete it when code that they come from has changed",
    )
    given = parser.parse_args()
    started = time.perf_counter()
    population = Population.load(given.embeddings)
    for name in given.tables:
        plan, show = TABLES[name]
        show(population, draw(population, plan, given.studies, workers=given.workers, folder=given.keep / name))
    print(f"\n{time.perf_counter() - started:.0f} s on {given.workers} processes")


def print_power(population: Population, studies: Studies) -> None:
    """Print power on the low-frequency group and false findings of the idle methods."""
    grouping = class_grouping(population)
    effects = planted_effects(studies[REFERENCE], grouping, population.low_frequency, strength=STRENGTH)
    idle = [name for place, name in enumerate(METHODS) if place not in HELPED]
    print("## Planted effects on the low-frequency classes\n")
    print("| design | seeds | power | oracle | detectable effect | false findings of idle methods | of all, centred |")
    print("|---|---|---|---|---|---|---|")
    for key, drawn in studies.items():
        truth, decide = mean_difference(drawn), decide_with(grouping, key.metric)
        result = power(drawn, truth, effects, grouping, decide)
        planted = false_findings([shifted(study, effects - truth) for study in drawn], decide, idle=idle)
        centred = false_findings([shifted(study, -truth) for study in drawn], decide, idle=METHODS)
        print(
            f"| {key.design} | {key.seeds} | {result.ours:.3f} ± {result.error:.3f} | {result.oracle:.3f} "
            f"| {result.detectable:.4f} | {planted} | {centred} |",
            flush=True,
        )
    print(f"\neffects {', '.join(f'{effect:.3f}' for effect in result.effects)}")


def print_coverage(population: Population, studies: Studies) -> None:
    """Print how many of 100 uncorrected 95% intervals hold the truth."""
    for key, drawn in studies.items():
        table = coverage(drawn, mean_difference(drawn), decide_with(class_grouping(population), key.metric))
        print(f"\n## Coverage, {key}, {len(drawn)} studies\n")
        print(table.round(1).to_string())


def print_null(population: Population, studies: Studies) -> None:
    """Print false findings and coverage where every method is the baseline again."""
    print("\n## Null: every method is the baseline again\n")
    for key, drawn in studies.items():
        decide = decide_with(class_grouping(population), key.metric)
        found = false_findings(drawn, decide, idle=METHODS)
        zero = np.zeros_like(drawn[0].differences.mean)
        covered = coverage(drawn, zero, decide).mean()
        print(f"- {key}: {found}; coverage {covered.round(1).to_dict()}", flush=True)


TABLES: Mapping[str, tuple[Plan, Callable[[Population, Studies], None]]] = {
    "power": (Plan(fixed_counts=False), print_power),
    "coverage": (Plan(seeds=(5, 10, 20, 50)), print_coverage),
    "null": (Plan(arms="null", seeds=(10, 20)), print_null),
    "trained": (
        Plan(arms="engine", seeds=(10, 20), metrics=("average_precision", "recall@fixed")),
        print_coverage,
    ),
}

if __name__ == "__main__":
    main()
