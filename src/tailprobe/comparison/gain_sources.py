"""In one plain sentence where a gain in decisions comes from, from the rows of `decomposition`."""

import pandas as pd

from tailprobe.comparison.description import signed
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.scores.metric import metric_title

MOST = 0.5  # of a difference, from which a part is called most of it
LITTLE = 0.2


def on_the_low_frequency_classes(table: pd.DataFrame, *, encoder: str, metric: str) -> pd.DataFrame:
    """Return the rows of a decomposition for one encoder and metric and the group of low-frequency classes."""
    wanted = (table["encoder"] == encoder) & (table["metric"] == metric)
    return table[wanted & table["is_group"] & (table["class_name"] == LOW_FREQUENCY)]


def ranks_alike(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether each row's ranking part is 0 by construction, as that of a moved threshold."""
    return (rows["ranking_low"] == 0) & (rows["ranking_high"] == 0)


def ranking_part(row: "pd.Series[float]") -> str:
    """Return a ranking part with its interval; one that was 0 in every seed has none."""
    if pd.isna(row["ranking_low"]):
        return "nothing in any seed" if row["ranking"] == 0 else signed(row["ranking"])
    return f"{signed(row['ranking'])} ({signed(row['ranking_low'])} to {signed(row['ranking_high'])})"


def gain_sentence(rows: pd.DataFrame, *, method: str = "") -> str:
    """Describe where a method's gain comes from, and what a moved threshold alone gains.

    Args:
        rows: of one encoder, metric and group, one row per method.
        method: the one that the study's answer is about; of another run, or where there is none, the largest gain.
    """
    title, group = metric_title(str(rows["metric"].iloc[0])), f"the {rows['class_name'].iloc[0]} classes"
    trained, moved = rows[~ranks_alike(rows)], _moved(rows)
    asked = trained[trained["method"].astype(str) == method]
    moved += [_three_values(asked.iloc[0], rows, title)] if len(asked) else []
    gaining = (asked if len(asked) else trained).loc[lambda of: of["difference_low"] > 0]
    if gaining.empty:
        none = f"{method} shows no gain" if len(asked) else "No method that changes training gains"
        return " ".join([f"{none} in {title} on {group} beyond chance.", *moved])
    return " ".join([_source(gaining.iloc[int(gaining["difference"].argmax())], title, group), *moved])


def _source(row: "pd.Series[float]", title: str, group: str) -> str:
    share, name = row["threshold"] / row["difference"], row["method"]
    gain = f"it gains {signed(row['difference'])} {title} on {group}"
    ranking = ranking_part(row)
    flagged, before = f"{row['flagged']:,.0f}", f"{row['flagged_baseline']:,.0f}"
    if share >= MOST:
        much = "All" if share >= 1 else "Most"
        level = "lower" if row["flagged"] > row["flagged_baseline"] else "higher"
        return (
            f"{much} of what {name} gains is a {level} threshold, which is free: {gain} by flagging {flagged} "
            f"images instead of {before}; with {before} flagged, as by the baseline, it gains {ranking}."
        )
    part = "What" if share <= LITTLE else "Only part of what"
    start = f"{part} {name} gains is a better ranking"
    return f"{start}: {gain}; with as many images flagged as by the baseline, {before}, it gains {ranking}."


def _three_values(row: "pd.Series[float]", rows: pd.DataFrame, title: str) -> str:
    """Return what the baseline, the baseline with a moved threshold and a method reach."""
    free = _best_free(rows)
    between = "" if free is None else f"{free['value']:.3f} with its threshold moved, "
    return f"In all, {title} is {row['baseline']:.3f} by the baseline, {between}{row['value']:.3f} by {row['method']}."


def _best_free(rows: pd.DataFrame) -> "pd.Series[float] | None":
    free = rows[ranks_alike(rows) & (rows["difference"] != 0)]
    return None if free.empty else free.iloc[int(free["difference"].argmax())]


def _moved(rows: pd.DataFrame) -> list[str]:
    """Return what the best of the methods that only move thresholds gains, where there is one."""
    best = _best_free(rows)
    if best is None:
        return []
    interval = f"{signed(best['difference_low'])} to {signed(best['difference_high'])}"
    return [f"{best['method']}, which trains nothing, gains {signed(best['difference'])} ({interval})."]
