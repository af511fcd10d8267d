"""From the tidy table of scores to plain arrays, one axis each for methods, classes and seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy import stats

from tailprobe.errors import InputError
from tailprobe.scores.ratio import defined_mean, defined_moments

Spread = Literal["sd", "interval"]
COLUMNS = ("encoder", "method", "seed", "part", "class_name", "metric", "value", "is_group")


@dataclass(frozen=True, eq=False)
class SeedValues:
    """One metric under one encoder on one part; NaN where a class has no positive or a row is missing."""

    array: Float[np.ndarray, "M C S"]  # float64
    methods: tuple[str, ...]  # (M,)
    classes: tuple[str, ...]  # (C,)
    seeds: tuple[int, ...]  # (S,) ascending

    def differences(
        self, baseline: str, baselines: Mapping[str, str] = MappingProxyType({})
    ) -> Float[np.ndarray, "M C S"]:
        """(M, C, S), each value minus the baseline's of the same class and seed.

        Args:
            baselines: by method, what it is compared with where that is another one, such as the softmax baseline.
        """
        compared = [baselines.get(method, baseline) for method in self.methods]
        places = [self.methods.index(name if name in self.methods else baseline) for name in compared]
        return np.asarray(self.array - self.array[places])


def seed_values(
    table: pd.DataFrame,
    *,
    encoder: str,
    metric: str,
    methods: Sequence[str],
    classes: Sequence[str],
    part: str = "test",
    is_group: bool = False,
) -> SeedValues:
    """Return the values of `methods` and `classes`, in that order, over all seeds that the table has for them.

    Args:
        table: columns encoder, method, seed, part, class_name, metric, value, is_group (True on averages over classes).
        is_group: take the averages over groups of classes, not the classes.

    Raises:
        InputError: a column is missing, an encoder, metric, part, method or class has no row, or a row is repeated.
    """
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise InputError(f"the results table has no column {missing[0]!r}; it must have {', '.join(COLUMNS)}")
    rows = table[table["is_group"].to_numpy(dtype=bool) == is_group]
    for column, value in (("encoder", encoder), ("metric", metric), ("part", part)):
        rows = _only(rows, column, [value])
    rows = _only(_only(rows, "method", methods), "class_name", classes)
    repeated = rows.duplicated(["method", "class_name", "seed"])
    if repeated.any():
        row = rows.loc[repeated].iloc[0]
        raise InputError(
            f"the results table has two values of {metric!r} for encoder {encoder!r}, method {row['method']!r}, "
            f"class {row['class_name']!r}, seed {row['seed']}; keep one"
        )
    seeds = tuple(sorted({int(seed) for seed in rows["seed"]}))
    values = np.full((len(methods), len(classes), len(seeds)), np.nan)
    where = _places(rows["method"], methods), _places(rows["class_name"], classes), _places(rows["seed"], seeds)
    values[where] = rows["value"]
    return SeedValues(values, tuple(methods), tuple(classes), seeds)


def resampled_counts(plans: pd.DataFrame) -> dict[str, Int[np.ndarray, " C"]]:
    """Return the counts of the baseline, and of each method that changes them, under the first encoder of the plans.

    Args:
        plans: a run's table, of one seed: encoder, method, class_name, count (synthetic rows included).
    """
    of_encoder = plans[plans["encoder"] == plans["encoder"].iloc[0]]
    counts = {str(name): rows["count"].to_numpy(np.int64) for name, rows in of_encoder.groupby("method", sort=False)}
    plain = counts["baseline"]
    return {name: own for name, own in counts.items() if name == "baseline" or (own != plain).any()}


def mean(values: Float[np.ndarray, "*rest S"]) -> Float[np.ndarray, "*rest"]:
    """Return the mean over the last axis of what is defined; NaN if nothing is."""
    return defined_mean(values, axis=-1)


def deviation(values: Float[np.ndarray, "*rest S"]) -> Float[np.ndarray, "*rest"]:
    """Return the standard deviation (n - 1) over the last axis of what is defined; NaN below two values."""
    return np.asarray(np.sqrt(defined_moments(values, axis=-1)[2]))


def half_width(values: Float[np.ndarray, "*rest S"], spread: Spread) -> Float[np.ndarray, "*rest"]:
    """Return how far a whisker reaches to either side of the mean; NaN below two values.

    "sd" is one standard deviation over seeds; "interval" the 95% t-interval of the mean, as if seeds were independent.
    """
    if spread == "sd":
        return deviation(values)
    number = (~np.isnan(values)).sum(axis=-1)
    quantile = stats.t.ppf(0.975, np.maximum(number - 1, 1))
    return np.asarray(quantile * deviation(values) / np.sqrt(np.maximum(number, 1)))


def spread_ends(
    values: Float[np.ndarray, "*rest S"], spread: Spread, *, least: float
) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    """Return where whiskers of the spread over seeds end, cut off at what a metric cannot pass: `least` and 1."""
    middle, reach = mean(values), half_width(values, spread)
    return np.clip(middle - reach, least, 1), np.clip(middle + reach, least, 1)


def agree(differences: Float[np.ndarray, "*rest S"]) -> Bool[np.ndarray, "*rest"]:
    """Return where at least three seeds are defined and all of them are on the same side of zero."""
    number = (~np.isnan(differences)).sum(axis=-1)
    same = ((differences > 0).sum(axis=-1) == number) | ((differences < 0).sum(axis=-1) == number)
    return np.asarray(same & (number >= 3))


def describe_spread(spread: Spread, seeds: int) -> str:
    """Return the sentence that says what dots and whiskers are."""
    if seeds < 2:
        return "One seed only: its value is shown, its spread over seeds cannot be known."
    whisker = {
        "sd": "one standard deviation over the seeds to either side (no confidence interval)",
        "interval": "the 95% t-interval of the mean over seeds, too narrow where seeds share test images",
    }[spread]
    return f"Small dots: the {seeds} seeds; whiskers: {whisker}."


def of_seeds(number: int) -> str:
    """Return the words for what is averaged.

    >>> of_seeds(5), of_seeds(1)
    ('mean over 5 seeds', 'one seed')
    """
    return "one seed" if number == 1 else f"mean over {number} seeds"


def _only(table: pd.DataFrame, column: str, wanted: Iterable[str]) -> pd.DataFrame:
    known = set(table[column])
    for value in wanted:
        if value not in known:
            listed = ", ".join(repr(name) for name in sorted(map(str, known))[:12]) or "none"
            raise InputError(f"the results table has no row with {column} {value!r}; there are {listed}")
    return table[table[column].isin(list(wanted))]


def _places(
    column: "pd.Series[str] | pd.Series[int]", order: Sequence[str] | Sequence[int]
) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    return pd.Index(order).get_indexer(pd.Index(column))
