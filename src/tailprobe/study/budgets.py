"""One study under three training budgets: equal epochs, equal updates, and until convergence."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tailprobe.files import make_folder, write_parquet
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.progress import Progress, silent
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

EPOCHS = 20  # the paper's, where the study trains to convergence


def studies_by_budget(study: Study) -> dict[str, Study]:
    """Return the study under each budget.

    Equal epochs and equal updates are of a fixed number of epochs, the study's or 20: an epoch is a pass through the
    rows that a method draws, or as many updates as an epoch of the baseline. To convergence, each head stops by itself.
    """
    recipe = study.recipe
    fixed = replace(recipe, epochs=EPOCHS if recipe.epochs == "auto" else recipe.epochs, patience=0)
    return {
        "epochs": replace(study, budget="epochs", recipe=fixed),
        "updates": replace(study, budget="updates", recipe=fixed),
        "convergence": replace(study, budget="epochs", recipe=replace(recipe, epochs="auto", patience=0)),
    }


def run_budgets(
    study: Study, out: Path, execution: Execution, *, drawn: bool = True, progress: Progress = silent
) -> pd.DataFrame:
    """Run a study under each budget, in `out/epochs`, `out/updates` and `out/convergence`, and compare the verdicts.

    Images are embedded once; a run that is finished is not computed again. Writes `out/budgets.parquet`.

    Returns:
        The table of `budget_table`.

    Raises:
        InputError: as `run_study`.
    """
    make_folder(out)
    runs = {
        name: run_study(each, out / name, execution, drawn=drawn, progress=progress)
        for name, each in studies_by_budget(study).items()
    }
    table = budget_table({name: run.verdicts for name, run in runs.items()}, study.metric)
    write_parquet(out / "budgets.parquet", table)
    return table


def budget_table(verdicts: Mapping[str, pd.DataFrame | None], metric: str) -> pd.DataFrame:
    """Put what each method changes under each budget side by side.

    Args:
        verdicts: of the runs, by budget; None where no method was compared.
        metric: which was tested.

    Returns:
        One row per (encoder, method, group of classes, budget): encoder, method, class_name, budget, metric, baseline,
        value, difference, low, high (95% interval of the difference), verdict (empty where none was asked for), and
        same_sign: whether the intervals of all budgets lie on one side of 0; empty if no method was compared.
    """
    wanted = ["encoder", "method", "class_name", "metric", "baseline", "value", "difference", "low", "high", "verdict"]
    frames = []
    for name, of in verdicts.items():
        if of is not None:
            chosen = of[of["is_group"] & of["class_name"].isin((LOW_FREQUENCY, REMAINING)) & (of["metric"] == metric)]
            frames.append(chosen[wanted].assign(budget=name))
    if not frames:
        return pd.DataFrame(columns=[*wanted, "budget", "same_sign"])
    table = pd.concat(frames, ignore_index=True)
    keys = [table[name] for name in ("encoder", "method", "class_name")]
    all_above = (table["low"] > 0).groupby(keys).transform("all")
    all_below = (table["high"] < 0).groupby(keys).transform("all")
    return table.assign(same_sign=all_above | all_below)


def budget_lines(table: pd.DataFrame) -> list[str]:
    """Return the table as lines of text: a method and group of classes, and its difference under each budget."""
    lines = []
    for (encoder, method, group), rows in table.groupby(["encoder", "method", "class_name"], sort=False):
        numbers = rows[["difference", "low", "high"]].to_numpy(float)
        said = [
            f"{budget} {difference:+.3f} ({_interval(low, high)})"
            for budget, (difference, low, high) in zip(rows["budget"], numbers.tolist(), strict=True)
        ]
        agree = "on one side of 0 under all" if rows["same_sign"].all() else "not on one side of 0 under all"
        lines.append(f"{encoder}, {method}, {group} classes: {'; '.join(said)}: {agree}")
    return lines


def _interval(low: float, high: float) -> str:
    """Return the interval of a difference; groups that were not tested have none."""
    return "not tested" if math.isnan(low) else f"{low:+.3f} to {high:+.3f}"
