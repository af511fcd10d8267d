"""Means and standard deviations over the seeds: descriptive statistics without a test."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.scores.ratio import defined_moments

_KEY = ["encoder", "method", "part", "class_name", "is_group"]


def summarise(
    table: pd.DataFrame,
    *,
    metric: str,
    baseline: str | None = "baseline",
    baselines: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Describe one metric over the seeds, and each method's difference from the baseline of the same seed.

    Args:
        table: the tidy table, or some rows of it, such as those of one part.
        metric: as in its column `metric`, e.g. "recall@0.5".
        baseline: the method to take differences from; None leaves them out.
        baselines: by method, the one to take its difference from where that is not `baseline`, such as the softmax
            baseline for methods with a softmax loss.

    Returns:
        One row for each (encoder, method, part, class_name), in the table's order: these and `is_group`; over the seeds
        where the metric is defined `mean`, `sd` (divided by n - 1; NaN below two seeds) and `seeds`, their number; of
        the method minus the baseline, over the seeds where both are defined, `difference`, `difference_sd` and `pairs`.

    Raises:
        InputError: the table has no such metric, or an encoder no method named `baseline`.
    """
    rows = table[table["metric"] == metric]
    if rows.empty:
        known = ", ".join(table["metric"].astype(str).unique())
        raise InputError(f"metric {metric!r} is not among the results; they have: {known or 'none'}")
    keys = rows[_KEY].drop_duplicates().reset_index(drop=True)  # (K, 4)
    values = _by_seed(rows)
    mean, seeds, variance = defined_moments(values, axis=1)
    summary = keys.assign(mean=mean, sd=np.sqrt(variance), seeds=seeds)
    if baseline is None:
        return summary
    difference, pairs, variance = defined_moments(values - values[_partner(keys, baseline, baselines)], axis=1)
    return summary.assign(difference=difference, difference_sd=np.sqrt(variance), pairs=pairs)


def _by_seed(rows: pd.DataFrame) -> Float[np.ndarray, "K S"]:
    """Return the values: a row for each key, in order of appearance, a column for each seed; NaN where missing."""
    key = rows.groupby(_KEY, observed=True, sort=False).ngroup().to_numpy()
    seed, seeds = pd.factorize(rows["seed"])
    values = np.full((key.max() + 1, len(seeds)), np.nan)
    values[key, seed] = rows["value"]
    return values


def _partner(keys: pd.DataFrame, baseline: str, baselines: Mapping[str, str]) -> Int[np.ndarray, " K"]:
    """Return for each key the place of its baseline's of the same encoder, part and class."""
    sameness = list(zip(*(keys[name] for name in _KEY if name != "method"), strict=True))
    methods = keys["method"].astype(str)
    place = {(method, key): k for k, (key, method) in enumerate(zip(sameness, methods, strict=True))}
    found = []
    for key, method in zip(sameness, methods, strict=True):
        wanted = baselines.get(method, baseline)
        if (wanted, key) not in place:
            encoder, part, name, _ = key
            raise InputError(
                f"encoder {encoder!r}, {part} part, class {name!r}: no result of the baseline {wanted!r}; "
                f"name another of {', '.join(methods.unique())}, or None for no differences"
            )
        found.append(place[wanted, key])
    return np.array(found)
