"""Average ranks of methods across sets, and mean differences from the baseline, with bootstrap intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

from tailprobe.errors import InputError

DRAWS = 2000
_ENDS = (2.5, 97.5)  # percentiles of the 95% interval
# By set, by encoder: values by seed (S) and method (M), higher is better.
Values = Mapping[str, Sequence[Float[np.ndarray, "S M"]]]


def rank_across(
    values: Values, methods: Sequence[str], *, rng: np.random.Generator, resample_sets: bool, draws: int = DRAWS
) -> pd.DataFrame:
    """Rank methods within each set and encoder by their mean over seeds; average over encoders, then over sets.

    Args:
        values: of each set and encoder; in each the first method is the baseline, and rows of one seed are paired.
        methods: the M names.
        rng: draws the resamples.
        resample_sets: whether sets are drawn with replacement, too, then seeds within each; else seeds alone, and the
            interval says nothing about other sets. All encoders of a set are drawn together.
        draws: number of resamples.

    Returns:
        A row for each method, best first: method, rank, rank_low, rank_high, difference (mean over sets of the
        difference from the baseline), difference_low, difference_high, sets.

    Raises:
        InputError: there is no set, or fewer than two methods.

    Source:
        Average ranks: Demšar, JMLR 2006, section 3.2.2. Intervals: percentiles of the bootstrap in two stages, Davison
        and Hinkley 1997, section 3.8. With fewer than ten sets they are somewhat too narrow.
    """
    if not values or len(methods) < 2:
        raise InputError(f"expected at least one set and two methods, got {len(values)} and {len(methods)}")
    drawn = np.array([_draw(values, rng, resample_sets) for _ in range(draws)])  # (B, 2, M)
    low, high = np.percentile(drawn, _ENDS, axis=0)
    rank, difference = np.mean([_summary(encoders) for encoders in values.values()], axis=0)
    table = pd.DataFrame(
        {
            "method": list(methods), "rank": rank, "rank_low": low[0], "rank_high": high[0], "difference": difference,
            "difference_low": low[1], "difference_high": high[1], "sets": len(values),
        }
    )  # fmt: skip
    return table.sort_values("rank", kind="stable", ignore_index=True)


def _draw(values: Values, rng: np.random.Generator, resample_sets: bool) -> Float[np.ndarray, "2 M"]:
    """Return ranks and differences of one resample."""
    names = list(values)
    chosen = rng.choice(len(names), len(names)) if resample_sets else range(len(names))
    return np.mean([_summary([_resampled(v, rng) for v in values[names[i]]]) for i in chosen], axis=0)


def _resampled(of_seeds: Float[np.ndarray, "S M"], rng: np.random.Generator) -> Float[np.ndarray, "S M"]:
    return of_seeds[rng.choice(len(of_seeds), len(of_seeds))]


def _summary(encoders: Sequence[Float[np.ndarray, "S M"]]) -> Float[np.ndarray, "2 M"]:
    """Return the rank of each method and its difference from the first, means over the encoders of one set."""
    means = [of_seeds.mean(axis=0) for of_seeds in encoders]
    ranks = [stats.rankdata(-mean) for mean in means]
    return np.array([np.mean(ranks, axis=0), np.mean([mean - mean[0] for mean in means], axis=0)])


def seed_values(seeds: pd.DataFrame, value: str, *, baseline: str = "baseline") -> tuple[Values, list[str]]:
    """Return the values of the methods that every study of a table has, the baseline first.

    Args:
        seeds: a row for each set, encoder, method and seed.
        value: the column that is ranked.
        baseline: the method that comes first.

    Raises:
        InputError: a study lacks the baseline.
    """
    wide = {
        key: rows.pivot(index="seed", columns="method", values=value)  # noqa: PD010
        for key, rows in seeds.groupby(["set", "encoder"], sort=False)
    }
    lacking = [" ".join(key) for key, table in wide.items() if baseline not in table]
    if lacking:
        raise InputError(f"{lacking[0]}: the study has no {baseline}")
    order = dict.fromkeys(seeds["method"])
    common = [m for m in order if m != baseline and all(m in table for table in wide.values())]
    methods = [baseline, *common]
    values: dict[str, list[Float[np.ndarray, "S M"]]] = {}
    for (name, _), table in wide.items():
        values.setdefault(name, []).append(table[methods].to_numpy(float))
    return values, methods
