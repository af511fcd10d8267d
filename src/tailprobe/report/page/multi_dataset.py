"""Methods over data sets and encoders: average ranks, probability of improvement, performance profiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.comparison.improvement import (
    Interval,
    SharedImages,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
)
from tailprobe.comparison.ranks import rank_methods
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.randomness import generator
from tailprobe.report.page.numbers import short_for_json
from tailprobe.report.page.once import cached_per_run
from tailprobe.report.page.shared_error import difference_error, level_error
from tailprobe.report.values import seed_values
from tailprobe.runs.run import Run
from tailprobe.scores.metric import lower_is_better

_STEPS = np.linspace(0, 1, 51)
_RESAMPLES = 1000


def multi_dataset(runs: Sequence[Run]) -> dict[str, Any] | None:
    """Compare the methods that all runs share, in their tested metric's mean over the low-frequency classes.

    A block is a run under one of its encoders. With only one block, its classes are ranked over instead.

    Returns:
        `metric`, `methods`, `blocks` (names, empty if classes are ranked), `ranked` (how many blocks or classes),
        `ranks`, `friedman_p`, `critical_difference`, `cliques` (places in `methods`), `against_baseline` (p-values),
        `improvement` (value, low, high, by method, against the first), `interquartile_mean` (the same, of every
        method), and `profile` (steps, and by method value, low, high). None if the runs share no method besides the
        first method, or no value of the metric.
    """
    return _of_one(runs[0]) if len(runs) == 1 else _of_runs(runs)


@cached_per_run
def _of_one(run: Run) -> dict[str, Any] | None:
    return _of_runs([run])


def _of_runs(runs: Sequence[Run]) -> dict[str, Any] | None:
    methods = [m for m in runs[0].methods if all(m in run.methods for run in runs)]
    metric = _metric(runs)
    if len(methods) < 2 or metric is None:
        return None
    blocks = [
        _Block(run, encoder, values)
        for run in runs
        for encoder in run.encoders
        if not np.isnan(values := _of_group(run, encoder, metric, methods)).any()
    ]
    if not blocks:
        return None
    names = [f"{block.run.name}, {block.encoder}" if len(runs) > 1 else block.encoder for block in blocks]
    seeds = min(block.per_seed.shape[1] for block in blocks)
    together = np.stack([block.per_seed[:, :seeds] for block in blocks], axis=2)  # (M, S, B)
    levels = _shared(blocks, [level_error(block.run, block.encoder, metric, block.per_seed) for block in blocks])
    return {
        "metric": metric,
        "methods": methods,
        **_ranks(runs, metric, methods, together, names),
        **_improvement(-together if lower_is_better(metric) else together, blocks, metric, methods),
        "interquartile_mean": [_interquartile_mean(values, levels) for values in together],
        "profile": {"steps": short_for_json(_STEPS, 2), "of": [_profile(values, levels) for values in together]},
    }


@dataclass(frozen=True, eq=False)
class _Block:
    """A run under one of its encoders."""

    run: Run
    encoder: str
    per_seed: Float[np.ndarray, "M S"]


def _shared(blocks: Sequence[_Block], errors: Sequence[float]) -> SharedImages:
    """Return what seeds share; runs of equal labels are of one collection."""
    collections = [str(block.run.record["labels"]) for block in blocks]
    return SharedImages(np.unique(collections, return_inverse=True)[1], np.array(errors))


def _metric(runs: Sequence[Run]) -> str | None:
    first = runs[0].verdicts
    wanted = "average_precision" if first is None else str(first["metric"].iloc[0])
    return wanted if all((run.results["metric"] == wanted).any() for run in runs) else None


def _of_group(run: Run, encoder: str, metric: str, methods: Sequence[str]) -> Float[np.ndarray, "M S"]:
    rows = _test_rows(run, metric)
    found = seed_values(rows, encoder=encoder, metric=metric, methods=methods, classes=[LOW_FREQUENCY], is_group=True)
    return found.array[:, 0]


def _of_classes(run: Run, encoder: str, metric: str, methods: Sequence[str]) -> Float[np.ndarray, "C M"]:
    names = [str(name) for name in run.classes["class_name"]]
    found = seed_values(_test_rows(run, metric), encoder=encoder, metric=metric, methods=methods, classes=names)
    return np.asarray(found.array.mean(axis=2).T)


def _test_rows(run: Run, metric: str) -> pd.DataFrame:
    table = run.results
    return table[((table["part"] == "test") & (table["metric"] == metric)).to_numpy()]


def _ranks(
    runs: Sequence[Run],
    metric: str,
    methods: Sequence[str],
    together: Float[np.ndarray, "M S B"],
    names: Sequence[str],
) -> dict[str, Any]:
    values = together.mean(axis=1).T  # (B, M)
    if len(names) < 2:
        values = _of_classes(runs[0], runs[0].encoder, metric, methods)
    if np.isnan(values).any(axis=1).all():
        return {"blocks": [], "ranked": 0}
    ranking = rank_methods(values, lower=lower_is_better(metric))
    return {
        "blocks": list(names) if len(names) > 1 else [],
        "ranked": ranking.blocks,
        "ranks": short_for_json(ranking.average),
        "friedman_p": None if np.isnan(ranking.p) else ranking.p,
        "critical_difference": ranking.critical_difference,
        "cliques": [list(clique) for clique in ranking.cliques()],
        "against_baseline": short_for_json(ranking.against_first, 4),
    }


def _improvement(
    together: Float[np.ndarray, "M S B"], blocks: Sequence[_Block], metric: str, methods: Sequence[str]
) -> dict[str, Any]:
    rng, found = generator(0, "probability of improvement"), []
    for m, mine in enumerate(together[1:], start=1):
        differences = [block.per_seed[m] - block.per_seed[0] for block in blocks]
        errors = [
            difference_error(block.run, block.encoder, metric, methods[m], of)
            for block, of in zip(blocks, differences, strict=True)
        ]
        shared = _shared(blocks, errors)
        found.append(probability_of_improvement(mine, together[0], rng=rng, shared=shared, resamples=_RESAMPLES))
    return {"improvement": [_shown(interval) for interval in found]}


def _interquartile_mean(values: Float[np.ndarray, "S B"], shared: SharedImages) -> dict[str, Any]:
    rng = generator(0, "interquartile mean")
    return _shown(interquartile_mean(values, rng=rng, shared=shared, resamples=_RESAMPLES))


def _profile(values: Float[np.ndarray, "S B"], shared: SharedImages) -> dict[str, Any]:
    rng = generator(0, "performance profile")
    return _shown(performance_profile(values, _STEPS, rng=rng, shared=shared, resamples=_RESAMPLES))


def _shown(interval: Interval) -> dict[str, Any]:
    return {name: short_for_json(value) for name, value in zip(("value", "low", "high"), interval, strict=True)}
