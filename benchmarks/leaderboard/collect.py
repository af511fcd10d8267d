"""Reads finished run folders into two small tables, which the docs are made from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.leaderboard.cells import EVERYTHING, Cell
from tailprobe.comparison.aspects import ASPECTS
from tailprobe.comparison.cost import cost_table
from tailprobe.errors import InputError
from tailprobe.groups import ALL, LOW_FREQUENCY, REMAINING
from tailprobe.runs.run import Run

STORED = Path(__file__).parent / "stored"
RANKED_BY = "average_precision"
# What is kept of every method, by group of classes: the mean over seeds on the test part.
METRICS = {
    LOW_FREQUENCY: (
        RANKED_BY, "roc_auc", "recall_in_first_100", "brier", "argmax_recall", "recall@0.5", "precision@0.5", "f2@0.5",
        "f2@tuned",
    ),
    REMAINING: (RANKED_BY, "brier", "recall@0.5"),
    ALL: (RANKED_BY, "argmax_recall", "brier", "calibration_error", "top1", "worst_argmax_recall"),
}  # fmt: skip
ASPECT_METRICS = dict(zip(ASPECTS, (RANKED_BY, "f2@0.5", "brier"), strict=True))  # of the low-frequency classes


def column(metric: str, group: str) -> str:
    """Return the name of the column of a metric.

    >>> column("brier", "low-frequency")
    'brier, low-frequency'
    """
    return f"{metric}, {group}"


MAIN = column(RANKED_BY, LOW_FREQUENCY)


def collect(out: Path, cells: Sequence[Cell]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the studies that are finished.

    Args:
        out: the folder of the run folders.
        cells: the studies to look for.

    Returns:
        The methods, a row for each (study, method): what the study is (`set`, `encoder`, `tuned`, `images`, `classes`,
        `ratio`, `seeds`, `minutes`), what the method is (`method`, `family`, `link`, `baseline`, `no_op`), its
        `seconds` a head, verdicts, the direction of each aspect, and `METRICS`. And its seeds, a row for each (study,
        method, seed): `MAIN` alone.

    Raises:
        InputError: none of the studies is finished.
    """
    finished = [cell for cell in cells if (out / str(cell) / "run.json").exists()]
    if not finished:
        raise InputError(f"{out}: none of {len(cells)} studies is finished; run them first")
    read = [_read(cell, Run.load(out / str(cell))) for cell in finished]
    return pd.concat([m for m, _ in read], ignore_index=True), pd.concat([s for _, s in read], ignore_index=True)


def default_name(method: str) -> str:
    """Return the method without the settings that a search has found for it.

    >>> default_name("focal(2) + recipe(0.003, width=512)"), default_name("recipe(0.003)")
    ('focal(2)', 'recipe(0.003)')
    """
    return method.partition(" + recipe(")[0]


def _read(cell: Cell, run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    tested = run.results[run.results["is_group"].astype(bool) & (run.results["part"] == "test")]
    table = run.method_table[["method", "family", "link", "baseline", "no_op"]].merge(_values(tested), on="method")
    table = table.merge(_cost(run), how="left", on="method").merge(_answers(run), how="left", on="method")
    counts = run.classes["count"]
    about = {
        "set": cell.set, "encoder": cell.encoder, "tuned": cell.tuned, "images": run.record["images"],
        "classes": len(counts), "ratio": counts.max() / counts.min(), "seeds": run.record["seeds"],
        "minutes": run.record["seconds"] / 60,
    }  # fmt: skip
    seeds = tested[(tested["class_name"] == LOW_FREQUENCY) & (tested["metric"] == RANKED_BY)]
    seeds = seeds[["method", "seed", "value"]].rename(columns={"value": MAIN})
    return _named(table.assign(**about)), _named(seeds.assign(set=cell.set, encoder=cell.encoder, tuned=cell.tuned))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    names = {
        name: [default_name(str(text)) for text in table[name]] for name in ("method", "baseline") if name in table
    }
    return table.assign(settings=[str(text) for text in table["method"]], **names)


def _values(tested: pd.DataFrame) -> pd.DataFrame:
    """Return method and the mean over seeds of `METRICS`, NaN where a metric is not defined for these labels."""
    mean = tested.groupby(["method", "class_name", "metric"], observed=True)["value"].mean()
    wide = mean.unstack(["metric", "class_name"])  # noqa: PD010
    wanted = {column(m, group): wide.get((m, group), np.nan) for group, metrics in METRICS.items() for m in metrics}
    return pd.DataFrame(wanted, index=wide.index).rename_axis("method").reset_index()


def _cost(run: Run) -> pd.DataFrame:
    """Return method and seconds of training a head; methods that fit their heads in their own way have none."""
    return cost_table(run.histories, run.plans)[["method", "seconds"]]


def _answers(run: Run) -> pd.DataFrame:
    """Return method, difference, verdicts of the two questions, and the direction of each aspect."""
    primary = run.verdicts[run.verdicts["is_group"].astype(bool) & (run.verdicts["class_name"] == LOW_FREQUENCY)]
    primary = primary[["method", "difference", "low", "high", "verdict"]].set_index("method")
    further = run.further
    if further is not None:
        primary["calibration_verdict"] = further.set_index("method")["verdict"]
    low = run.aspects[run.aspects["class_name"] == LOW_FREQUENCY]
    for aspect, metric in ASPECT_METRICS.items():
        found = low[low["metric"] == metric].set_index("method")
        primary[aspect] = found["direction"]
        primary[f"{aspect}_difference"] = found["difference"]
    return primary.reset_index()


def store(methods: pd.DataFrame, seeds: pd.DataFrame, folder: Path = STORED) -> None:
    """Keep both tables, numbers to four digits, in the place of what is stored of their studies; others stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("methods", methods), ("seeds", seeds)):
        path, small = folder / f"{name}.parquet", table.round(4)
        small = small.astype(dict.fromkeys(small.select_dtypes("float64"), "float32"))
        if path.exists():
            small = _replaced(pd.read_parquet(path), small)
        small.to_parquet(path, index=False, compression="zstd")


def _replaced(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both, of the studies of `now` its own alone, in the order of the grid."""
    old, new = (table.set_index(["set", "encoder", "tuned"]).index for table in (before, now))
    both = pd.concat([before[~old.isin(new)], now], ignore_index=True)
    order = {(cell.set, cell.encoder, cell.tuned): i for i, cell in enumerate(EVERYTHING)}
    places = both[["set", "encoder", "tuned"]].apply(lambda row: order[tuple(row)], axis=1)
    return both.loc[places.sort_values(kind="stable").index].reset_index(drop=True)


def stored(folder: Path = STORED) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables as `store` kept them.

    Raises:
        InputError: there are none.
    """
    try:
        return pd.read_parquet(folder / "methods.parquet"), pd.read_parquet(folder / "seeds.parquet")
    except FileNotFoundError as error:
        raise InputError(f"{error.filename}: there is none; collect finished studies first") from None
