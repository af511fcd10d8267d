"""What each method costs to train: rows seen, steps and seconds."""

import pandas as pd

from tailprobe.errors import InputError

COLUMNS = ("encoder", "method", "heads", "rows_an_epoch", "rows_seen", "steps", "seconds", "rows_times", "steps_times")


def cost_table(histories: pd.DataFrame, plans: pd.DataFrame, *, baseline: str = "baseline") -> pd.DataFrame:
    """Return the cost of training a head with each method, mean over seeds; equal epochs are not equal work.

    Args:
        histories: a run's table, an epoch a row: encoder, method, seed, epoch, steps and seconds of the whole head.
        plans: a run's table: encoder, method, seed, rows drawn per epoch.

    Returns:
        A row for each (encoder, method): encoder, method, heads, rows_an_epoch, rows_seen (over all epochs), steps,
        seconds, and rows_times and steps_times, as many times the baseline's; NaN where the run has no
        baseline. Methods without gradient descent have no history, and no row.

    Raises:
        InputError: a method of the histories has no plan.
    """
    heads = histories.groupby(["encoder", "method", "seed"], observed=True, sort=False).agg(
        epochs=("epoch", "max"), steps=("steps", "last"), seconds=("seconds", "last")
    )
    keys = ["encoder", "method", "seed"]
    rows = plans.drop_duplicates(keys)[[*keys, "rows"]]
    joined = heads.reset_index().merge(rows, on=keys, how="left")
    if joined["rows"].isna().any():
        missing = joined.loc[joined["rows"].isna(), "method"].iloc[0]
        raise InputError(f"method {missing!r} has a history and no plan; give the two tables of one run")
    joined["rows_seen"] = joined["rows"] * joined["epochs"]
    table = (
        joined.groupby(["encoder", "method"], observed=True, sort=False)
        .agg(
            heads=("seed", "size"),
            rows_an_epoch=("rows", "mean"),
            rows_seen=("rows_seen", "mean"),
            steps=("steps", "mean"),
            seconds=("seconds", "mean"),
        )
        .reset_index()
    )
    plain = table[table["method"] == baseline].set_index("encoder")
    for name in ("rows", "steps"):
        column = "rows_seen" if name == "rows" else "steps"
        table[f"{name}_times"] = table[column] / table["encoder"].map(plain[column])
    return table[list(COLUMNS)]
