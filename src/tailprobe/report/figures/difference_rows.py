"""The rows of the figure of differences: which classes are drawn where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.report.figures.per_class import ends
from tailprobe.report.intervals import Intervals
from tailprobe.report.text import shown_all
from tailprobe.report.values import Spread, seed_values, spread_ends

_MEAN = 1.75  # height of a group's mean, in rows of a class
_BETWEEN = 0.55  # between the two groups
_CUT = 0.9  # where classes are left out


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows from the top down: the mean of each group, then its classes; NaN if nothing is known."""

    differences: Float[np.ndarray, "M R S"]  # from the first method, the baseline, of the same seed
    low: Float[np.ndarray, "M R"]  # where the whiskers end, within -1 and 1
    high: Float[np.ndarray, "M R"]
    places: Float[np.ndarray, " R"]  # middle of each row, in heights of a class's row from the top
    names: tuple[str, ...]  # (R,)
    numbers: tuple[str, ...]  # (R,) support; empty for a mean
    rare: Bool[np.ndarray, " R"]  # in the low-frequency group
    averages: Bool[np.ndarray, " R"]  # a group's mean
    gaps: tuple[tuple[float, str], ...]  # place and words where classes are left out
    foot: float  # where the last row ends


def difference_rows(
    table: pd.DataFrame,
    chosen: Mapping[str, object],
    *,
    baselines: Mapping[str, str],
    classes: Sequence[str],
    counts: Int[np.ndarray, " C"],
    low_frequency: Bool[np.ndarray, " C"],
    support: Int[np.ndarray, " C"],
    limit: int,
    spread: Spread = "sd",
    intervals: Intervals | None = None,
) -> Rows:
    """Return the rows for both groups of classes; a group without a class has none.

    Args:
        table: the tidy results table.
        chosen: encoder, metric, methods (the baseline first) and part, as `seed_values` takes them.
        baselines: by method, what it is compared with where that is not the first.
        limit: classes per group at most, half from either end of its counts; 0 for the means alone.
        spread: what the whiskers are if there are no intervals.
        intervals: the whiskers, where the metric was tested.

    Raises:
        InputError: see `seed_values`.
    """
    stacks, whiskers, places, names, numbers, rare, averages, gaps = [], [], [], [], [], [], [], []
    foot = -_BETWEEN
    for group, members in ((LOW_FREQUENCY, low_frequency), (REMAINING, ~low_frequency)):
        columns = np.flatnonzero(members)
        if not len(columns):
            continue
        kept = columns[ends(counts[columns], limit)]
        drawn, top = [classes[c] for c in kept], foot + _BETWEEN
        for labels, average in (([group], True), (drawn, False)) if drawn else (([group], True),):
            found = seed_values(table, classes=labels, is_group=average, **chosen)  # type: ignore[arg-type]
            stacks.append(found.differences(found.methods[0], baselines))
            whiskers.append(
                spread_ends(stacks[-1], spread, least=-1)
                if intervals is None
                else intervals.differences(found.methods, labels, is_group=average)
            )
        below, gap = _places(len(kept), len(columns), top + _MEAN)
        gaps += gap
        places += [top + _MEAN / 2, *below]
        names += [f"mean of {len(columns)} {group}", *shown_all(drawn, 24)]
        numbers += ["", *(f"{support[c]:,}" for c in kept)]
        rare += [group == LOW_FREQUENCY] * (1 + len(kept))
        averages += [True] + [False] * len(kept)
        foot = places[-1] + 0.5 if drawn else top + _MEAN + _CUT
    values = np.concatenate(stacks, axis=1)
    low, high = (np.concatenate(ends, axis=1) for ends in zip(*whiskers, strict=True))
    return Rows(
        values,
        low,
        high,
        np.array(places),
        tuple(names),
        tuple(numbers),
        np.array(rare),
        np.array(averages),
        tuple(gaps),
        foot,
    )


def foot_of(sizes: Sequence[int], limit: int) -> float:
    """Return where the last row ends, in rows of a class, of groups of these numbers of classes."""
    groups = [_MEAN + min(size, limit) + _CUT * (size > limit) for size in sizes if size]
    return sum(groups) + _BETWEEN * (len(groups) - 1)


def _places(drawn: int, of: int, top: float) -> tuple[list[float], list[tuple[float, str]]]:
    rows = top + 0.5 + np.arange(drawn, dtype=np.float64)
    if drawn == of:
        return rows.tolist(), []
    half = (drawn + 1) // 2
    rows[half:] += _CUT
    return rows.tolist(), [(float(top + half + _CUT / 2), f"⋮ {of - drawn} {'more ' if drawn else ''}classes")]
