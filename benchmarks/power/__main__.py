"""Error rates, coverage and power of the verdicts on studies drawn from real embeddings, with known truth.

    python -m benchmarks.power EMBEDDINGS.npz [--tables power coverage ...] [--studies 100] [--workers 2]

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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.power.ablation import ablate
from benchmarks.power.kept import Studies, draw
from benchmarks.power.population import Population
from benchmarks.power.report import (
    STRENGTH,
    answer_calibration,
    answer_encoders,
    answers,
    coverage,
    decide_with,
    false_findings,
    power,
)
from benchmarks.power.ridge import METHODS
from benchmarks.power.rotated import variance_ratios
from benchmarks.power.studies import ENCODERS_COMPARED, FIRST, SECOND, Key, Plan, class_grouping
from benchmarks.power.truth import mean_difference, planted_effects, shifted, unseen_variance
from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.groups import LOW_FREQUENCY, REMAINING

RIDGE, TRAINED = 100, 40  # collections of a table
REFERENCE = Key("independent", 10)  # its spread is the unit of the planted effects
OF_TRAINED = ("average_precision", "recall@0.5", "recall@tuned", "f1@tuned")
EVERYTHING = [
    "power", "coverage", "null", "trained", "multi-label", "scenes", "scenes-by-image", "encoders", "calibration",
]  # fmt: skip


def main() -> None:
    """Draw the studies and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=EVERYTHING, help="default: all")
    parser.add_argument(
        "--studies", type=int, help="of each table; default: 100 with ridge heads, 40 with trained ones"
    )
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
        plan, shows = TABLES[name]
        number = given.studies or (TRAINED if plan.arms == "engine" else RIDGE)
        studies = draw(population, plan, number, workers=given.workers, folder=given.keep / name)
        print(f"\n# {name}: {number} collections\n", flush=True)
        for show in shows:
            show(population, studies)
    print(f"\n{time.perf_counter() - started:.0f} s on {given.workers} processes")


def print_power(population: Population, studies: Studies) -> None:
    """Print power on the low-frequency group and false findings of the idle methods."""
    grouping = class_grouping(population)
    effects = planted_effects(studies[REFERENCE], grouping, population.low_frequency, strength=STRENGTH)
    print("## Planted effects on the low-frequency classes\n")
    print("| design | seeds | power | oracle | detectable effect | false findings of idle methods | of all, centred |")
    print("|---|---|---|---|---|---|---|")
    for key, drawn in studies.items():
        truth, decide = mean_difference(drawn), decide_with(grouping, key.metric)
        result = power(drawn, truth, effects, grouping, decide)
        centred = false_findings([shifted(study, -truth) for study in drawn], decide, idle=METHODS)
        print(
            f"| {key.design} | {key.seeds} | {result.ours:.3f} ± {result.error:.3f} | {result.oracle:.3f} "
            f"| {result.detectable:.4f} | {result.false} | {centred} |",
            flush=True,
        )
    print(f"\neffects {', '.join(f'{effect:.3f}' for effect in result.effects)}")


def print_coverage(population: Population, studies: Studies) -> None:
    """Print how many of 100 uncorrected 95% intervals hold the truth, and of both groups the true difference.

    Beside it stands the spread: the part of its standard deviation over collections that seeds and test images do not
    show, as a share of the difference.
    """
    for key, drawn in studies.items():
        truth, grouping = mean_difference(drawn), class_grouping(population)
        table = coverage(drawn, truth, grouping, metric=key.metric).round(1)
        for group in (LOW_FREQUENCY, REMAINING):
            column = grouping.column(group)
            table[f"true, {group}"] = truth[:, column].round(4)
            unseen = unseen_variance(drawn, column)
            table[f"spread, {group}"] = (np.sqrt(np.maximum(unseen, 0)) / np.abs(truth[:, column])).round(2)
        print(f"\n## Coverage, {key}, {len(drawn)} studies\n")
        print(table.to_string(), flush=True)


def print_centred(population: Population, studies: Studies) -> None:
    """Print false findings where every method acts on images and none has an effect in the mean."""
    print("\n## Weak null: every difference less its mean over collections\n")
    for key, drawn in studies.items():
        centred = [shifted(study, -mean_difference(drawn)) for study in drawn]
        print(f"- {key}: {false_findings(centred, decide_with(class_grouping(population), key.metric), idle=METHODS)}")


def print_null(population: Population, studies: Studies) -> None:
    """Print false findings and coverage where every method is the baseline again."""
    print("\n## Null: every method is the baseline again\n")
    for key, drawn in studies.items():
        decide = decide_with(class_grouping(population), key.metric)
        found = false_findings(drawn, decide, idle=METHODS)
        zero = np.zeros_like(drawn[0].differences.mean)
        covered = coverage(drawn, zero, class_grouping(population), metric=key.metric).mean()
        print(f"- {key}: {found}; coverage {covered.round(1).to_dict()}", flush=True)


def print_ablation(population: Population, studies: Studies) -> None:
    """Print what each level of the shrinkage and each allowance buys."""
    for key, drawn in studies.items():
        print(f"\n## Left out, {key}, {len(drawn)} studies\n")
        print(
            ablate(drawn, mean_difference(drawn), class_grouping(population), metric=key.metric).to_string(), flush=True
        )


def print_rotation(population: Population, studies: Studies) -> None:
    """Print by how much rotated splits lower the variance of a mean difference."""
    most = max(key.seeds for key in studies)
    pair = [studies[Key(design, most)] for design in ("independent", "rotated")]
    print("\n## Variance of a mean difference over collections, rotated over independent splits\n")
    for group in (LOW_FREQUENCY, REMAINING):
        for seeds, ratio, low, high in variance_ratios(
            *pair, class_grouping(population).column(group), seeds=(5, 10, 20)
        ):
            print(f"- {group}, {seeds} seeds: {ratio:.2f} ({low:.2f} to {high:.2f})", flush=True)


def print_encoders(population: Population, studies: Studies) -> None:
    """Print false findings and coverage of the question of encoders, and of methods under two of them."""
    grouping = class_grouping(population)
    for design, seeds, metric in dict.fromkeys(key[:3] for key in studies):
        of = {what: studies[Key(design, seeds, metric, what)] for what in (FIRST, SECOND, ENCODERS_COMPARED)}
        centred = {what: [shifted(s, -mean_difference(drawn)) for s in drawn] for what, drawn in of.items()}
        both = list(zip(centred[FIRST], centred[SECOND], strict=True))
        found = false_findings(both, decide_with(grouping, metric), idle=METHODS)
        answered = answers([answer_encoders([study], grouping, metric) for study in centred[ENCODERS_COMPARED]])
        print(f"- {design}, {seeds} seeds: methods under two encoders, centred: {found}")
        print(f"  encoders against each other, centred: {answered}")
        print(f"  common training images, of the seed variance: {_training_share(of[ENCODERS_COMPARED], grouping)}")


def _training_share(studies: Sequence[Contrasts], grouping: Grouping) -> str:
    """Return the unseen variance on both groups as a share of the seed variance, all arms together."""
    shares = {}
    for group in (LOW_FREQUENCY, REMAINING):
        column = grouping.column(group)
        seeds = np.mean([study.differences.seed_variance[:, column] for study in studies], axis=0)
        shares[group] = unseen_variance(studies, column).sum() / seeds.sum()
    return ", ".join(f"{group} {share:.2f}" for group, share in shares.items())


def print_calibration(population: Population, studies: Studies) -> None:
    """Print false findings and coverage of the question of calibration where no method has an effect in the mean."""
    grouping = class_grouping(population)
    for key, drawn in studies.items():
        truth = mean_difference(drawn)
        centred = [answer_calibration([shifted(study, -truth)], grouping) for study in drawn]
        print(f"- {key}: calibration, centred: {answers(centred)}", flush=True)


TABLES: Mapping[str, tuple[Plan, tuple[Callable[[Population, Studies], None], ...]]] = {
    "power": (Plan(fixed_counts=False), (print_power,)),
    "coverage": (Plan(seeds=(5, 10, 20, 50)), (print_coverage, print_rotation, print_ablation)),
    "null": (Plan(arms="null", seeds=(10, 20)), (print_null,)),
    "trained": (
        Plan(arms="engine", seeds=(10, 20), designs=("rotated",), metrics=OF_TRAINED),
        (print_coverage, print_centred, print_ablation),
    ),
    "multi-label": (
        Plan(arms="engine", seeds=(10,), designs=("rotated",), multi_label=True),
        (print_coverage, print_centred, print_ablation),
    ),
    "scenes": (Plan(scenes=True, seeds=(10,)), (print_coverage, print_centred, print_ablation)),
    "scenes-by-image": (Plan(scenes=True, grouped=False, seeds=(10,)), (print_coverage,)),
    "encoders": (Plan(arms="views"), (print_encoders,)),
    "calibration": (Plan(arms="engine", seeds=(10,), designs=("rotated",), metrics=("brier",)), (print_calibration,)),
}

if __name__ == "__main__":
    main()
