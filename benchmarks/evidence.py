"""What the verdicts are worth, measured on simulated studies: false findings, coverage of the intervals, power."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one study a core, not one product on all

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.simulate import Population, SimulatedStudy, TrainedPopulation, draw_study, draw_trained_study
from tailprobe.comparison.contrasts import TestResult, contrasts
from tailprobe.comparison.correction import adjust
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.verdict import decide_verdicts

STUDIES = 400
Draw = Callable[[np.random.Generator], SimulatedStudy]


@dataclass(frozen=True)
class Setting:
    """Studies to simulate, and whether their methods are the baseline again."""

    name: str
    population: Population | TrainedPopulation
    null: bool = False
    metric: str = "average_precision"
    helped: tuple[int, ...] = field(default=())  # methods with a planted effect, all of whose differences are real


_UNEVEN = tuple(np.tile([0.03, 0.3, 0.1], 4).tolist())  # heads of some classes vary ten times as much as of others

_FEW = (0.4, 0.2, 0.1, 0.05)
_THRESHOLD = 1.5  # on logits, of every class, in the place of a probability of 0.5


def _effects(*sizes: float) -> np.ndarray:
    return np.repeat(np.array(sizes)[:, None], 12, axis=1)


SETTINGS = (
    Setting("null", Population(), null=True),
    Setting("null, classes uneven", Population(method_head_sd=_UNEVEN), null=True),
    Setting("null, 9 methods", Population(methods=9), null=True),
    Setting("null, 5 seeds", Population(seeds=5), null=True),
    Setting("null, 3 seeds, classes uneven", Population(seeds=3, method_head_sd=_UNEVEN), null=True),
    Setting(
        "null, 3 seeds, 1 method, classes uneven", Population(seeds=3, methods=1, method_head_sd=_UNEVEN), null=True
    ),
    Setting("null, 3 seeds, 1 method, 4 classes", Population(seeds=3, methods=1, prevalence=_FEW), null=True),
    Setting("null, F1 at a threshold", Population(), null=True, metric="f1@0.5"),
    Setting("null, recall at a threshold", Population(), null=True, metric="recall@0.5"),
    Setting("null, given split", Population(given_split=True), null=True),
    Setting("null, trained heads", TrainedPopulation(), null=True),
    Setting("planted, same for every image", Population(effect=_effects(0.35, 0.25, 0, 0)), helped=(0, 1)),
    Setting(
        "planted, image by image",
        Population(effect=_effects(0.6, 0.4, 0.2, 0), image_effect_sd=0.5),
        helped=(0, 1, 2, 3),
    ),
    Setting(
        "planted, classes uneven", Population(effect=_effects(0.6, 0.4, 0, 0), method_head_sd=_UNEVEN), helped=(0, 1)
    ),
    Setting(
        "planted, classes uneven, 9 methods",
        Population(methods=9, effect=_effects(0.6, 0.4, 0.6, 0.4, 0, 0, 0, 0, 0), method_head_sd=_UNEVEN),
        helped=(0, 1, 2, 3),
    ),
    Setting("planted, trained heads", TrainedPopulation(reweighting=1.0), helped=(0, 1)),
)


def main(studies: int = STUDIES, only: str = "", workers: int = 2) -> None:
    """Simulate every setting and print a table of each."""
    started = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        for number, setting in enumerate(SETTINGS):  # a setting's studies are the same with and without the others
            if only not in setting.name:
                continue
            tables = list(pool.map(partial(simulate, setting), [(number, i) for i in range(studies)], chunksize=10))
            print(report(setting, tables), flush=True)
    print(f"{time.perf_counter() - started:.0f} s on {workers} processes")


def simulate(setting: Setting, seed: tuple[int, ...]) -> pd.DataFrame:
    """Draw one study and return its verdicts."""
    rng = np.random.default_rng(seed)
    population = setting.population
    trained = isinstance(population, TrainedPopulation)
    study = draw_trained_study(population, rng) if trained else draw_study(population, rng)
    return verdicts_of(study, setting.metric)


def verdicts_of(study: SimulatedStudy, metric: str = "average_precision") -> pd.DataFrame:
    """Return the verdicts of a simulated study: its first half of classes is remaining, the second low-frequency."""
    c = study.labels.shape[1]
    names = tuple(f"{i:02d}" for i in range(c))
    low = np.arange(c) >= c // 2
    # By the order of prevalence, not by the drawn counts: the groups are the same in every study.
    grouping = group_classes(names, counts=np.arange(c, 0, -1), low_frequency=low)

    def parts(method: int) -> list[TestResult]:
        return [
            TestResult.measure(metric, rows, study.labels[rows], study.logits[s, method], np.full(c, _THRESHOLD))
            for s, rows in enumerate(study.rows)
        ]

    methods = [str(m) for m in range(1, study.logits.shape[1])]
    measured = contrasts(
        (parts(m) for m in range(1, len(methods) + 1)),
        [parts(0)] * len(methods),
        encoder="simulated",
        methods=methods,
        grouping=grouping,
        images=len(study.labels),
    )
    return decide_verdicts([measured], grouping, metric=metric).verdicts


def report(setting: Setting, tables: list[pd.DataFrame]) -> str:
    """Return what the studies of a setting show, as Markdown."""
    stacked = {name: np.stack([t[name].to_numpy() for t in tables]) for name in ("difference", "value", "support")}
    truth = np.zeros(len(tables[0])) if setting.null else np.nanmean(stacked["difference"], axis=0)
    lines = [f"## {setting.name}", "", f"{len(tables)} studies, {_described(setting, tables[0])}", ""]
    false = [_false(setting, table) for table in tables]
    if any(f is not None for f in false):
        share = float(np.mean([bool(f) for f in false]))
        lines.append(f"- studies with any false verdict: {100 * share:.1f}% (within {_error(share, len(tables))})")
    support = stacked["support"].mean(axis=0)
    groups = tables[0]["is_group"].to_numpy(bool)
    bands = {
        "20 and more positives": ~groups & (support >= 20),
        "10 to 19": ~groups & (support >= 10) & (support < 20),
        "5 to 9": ~groups & (support >= 5) & (support < 10),
        "below 5, not tested": ~groups & (support < 5),
        "groups": groups,
    }
    covered = _covered(tables, "low", "high", truth)
    value_covered = _covered(tables, "value_low", "value_high", np.nanmean(stacked["value"], axis=0))
    lines += ["", "| | difference covered | least and most of a class | value covered |", "|---|---|---|---|"]
    for name, band in bands.items():
        if band.any():
            by_class = [
                covered[:, band & (tables[0]["class_name"] == k)] for k in tables[0].loc[band, "class_name"].unique()
            ]
            each = [100 * np.nanmean(part) for part in by_class]
            lines.append(
                f"| {name} | {100 * np.nanmean(covered[:, band]):.1f}% | {min(each):.1f} to {max(each):.1f}% "
                f"| {100 * np.nanmean(value_covered[:, band]):.1f}% |"
            )
    if setting.helped:
        lines += ["", *_power(setting, tables, stacked["difference"])]
    return "\n".join([*lines, ""])


def _false(setting: Setting, table: pd.DataFrame) -> bool | None:
    """Return the verdicts of help or harm on methods that do nothing, if there are such."""
    idle = ~table["method"].isin([str(m + 1) for m in setting.helped])
    if not idle.any():
        return None
    return bool((table.loc[idle, "verdict"].isin(["improves", "worsens"])).any())


def _covered(tables: list[pd.DataFrame], low: str, high: str, truth: np.ndarray) -> np.ndarray:
    ends = [np.stack([t[name].to_numpy(float) for t in tables]) for name in (low, high)]
    inside = (ends[0] <= truth) & (truth <= ends[1])
    return np.where(np.isnan(ends[0]), np.nan, inside)


def _power(setting: Setting, tables: list[pd.DataFrame], difference: np.ndarray) -> list[str]:
    """Compare with a paired z-test that knows the true standard error of each difference, corrected alike."""
    error = np.nanstd(difference, axis=0, ddof=1)
    tested = np.stack([t["p_adjusted"].notna().to_numpy() for t in tables])
    p = np.where(tested, 2 * stats.norm.sf(np.abs(difference) / error), np.nan)
    oracle = np.stack([adjust(row) for row in p]) <= 0.05
    ours = np.stack([t["verdict"].isin(["improves", "worsens"]).to_numpy() for t in tables])
    real = tables[0]["method"].isin([str(m + 1) for m in setting.helped]).to_numpy() & (tested.mean(axis=0) > 0.5)
    of_oracle, of_ours = oracle[:, real].mean(axis=0), ours[:, real].mean(axis=0)
    lines = ["| power of the oracle | comparisons | oracle | tailprobe | share of it |", "|---|---|---|---|---|"]
    for low, high in ((0.2, 0.5), (0.5, 0.8), (0.8, 0.999), (0.2, 0.999)):
        band = (of_oracle >= low) & (of_oracle < high)
        if band.any():
            a, b = of_oracle[band].mean(), of_ours[band].mean()
            lines.append(f"| {low} to {high} | {band.sum()} | {a:.3f} | {b:.3f} | {100 * b / a:.0f}% |")
    return lines if len(lines) > 2 else ["No planted difference lies where the oracle has a power of 0.2 to 0.999."]


def _described(setting: Setting, table: pd.DataFrame) -> str:
    tested = int(table["p_adjusted"].notna().sum())
    return (
        f"{setting.population.seeds} seeds, {setting.population.methods} methods, {tested} comparisons tested in each"
    )


def _error(share: float, many: int) -> str:
    low, high = stats.beta.ppf([0.025, 0.975], [share * many + 0.5] * 2, [many * (1 - share) + 0.5] * 2)
    return f"{100 * low:.1f} to {100 * high:.1f}%"


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:2]), *sys.argv[2:3])
