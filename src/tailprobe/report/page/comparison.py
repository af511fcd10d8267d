"""Every method against the baseline: class by class, group by group, in every metric worth showing."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from tailprobe.comparison.convergence import verdict_in_words
from tailprobe.comparison.words import LARGE_EFFECT, MIN_POSITIVES, MIN_POSITIVES_FOR_NULL
from tailprobe.groups import ALL, RULE_GROUPS
from tailprobe.report.page.numbers import short_for_json
from tailprobe.report.page.once import cached_per_run
from tailprobe.report.questions import more_seeds, questions_tested
from tailprobe.report.values import half_width, mean, seed_values
from tailprobe.runs.run import Run
from tailprobe.scores.metric import all_metrics, find_head_metric, lower_is_better

_DRAWN_RULES = ("0.5", "tuned")  # of thresholds


@cached_per_run
def comparison(run: Run) -> dict[str, Any]:
    """Return the numbers of the per-class table, by encoder and metric.

    Each is a matrix (M, K): methods in the study's order, classes and then `RULE_GROUPS`. `low` and `high` bound the
    difference: its own 95% interval where `verdicts` has the metric, else one standard deviation over the seeds.
    """
    tested = None if run.verdicts is None else str(run.verdicts["metric"].iloc[0])
    there = set(run.results["metric"])
    metrics = [m for m in dict.fromkeys((tested, *_drawn())) if m is not None and m in there]
    of_metric = _test_rows(run.results, metrics)
    return {
        "metrics": metrics,
        "groups": list(RULE_GROUPS),
        "numbers": {e: {m: _numbers(run, of_metric[m], e, m) for m in metrics} for e in run.encoders},
        "tested": tested,
        "underpowered": {"positives": MIN_POSITIVES_FOR_NULL, "effect": LARGE_EFFECT, "untested": MIN_POSITIVES},
        "margin": None if run.verdicts is None else float(run.verdicts["margin"].iloc[0]),
        "questions": []
        if run.verdicts is None
        else [asdict(q) | {"sentence": q.sentence} for q in questions_tested(run.verdicts)],
        "baseline_of": [run.methods.index(run.baselines.get(name, run.methods[0])) for name in run.methods],
        "means": {e: _means(run, e) for e in run.encoders},
        "of_all_classes": {e: _of_all_classes(run, e) for e in run.encoders},
        "verdicts": {} if run.verdicts is None else {e: _verdicts(run, e) for e in run.encoders},
    }


def _drawn() -> list[str]:
    """Return the metrics that the page offers, as tables name them."""
    drawn = [metric for metric in all_metrics() if metric.drawn]
    of_scores = [metric.name for metric in drawn if metric.of == "scores"]
    return of_scores + [f"{m.name}@{rule}" for rule in _DRAWN_RULES for m in drawn if m.of == "decisions"]


def _means(run: Run, encoder: str) -> dict[str, Any]:
    """Return means over seeds of each group, (M, G), of what has no place in the per-class table.

    `optimism` by rule, and the metrics of which less is better; what a run does not have is left out.
    """
    there = [str(metric) for metric in dict.fromkeys(run.results["metric"])]
    by_group = [m for m in there if find_head_metric(m) is None]
    wanted = [m for m in by_group if m.startswith("optimism@") or lower_is_better(m)]
    found = {}
    for metric, rows in _test_rows(run.results, wanted).items():
        of = {"encoder": encoder, "metric": metric, "methods": run.methods}
        groups = seed_values(rows, **of, classes=RULE_GROUPS, is_group=True).array  # type: ignore[arg-type]
        found[metric] = short_for_json(mean(groups))
    return found


def _of_all_classes(run: Run, encoder: str) -> dict[str, Any]:
    """Return means over seeds of each metric of all classes together, (M,), for the rules that the page offers."""
    there = [str(metric) for metric in dict.fromkeys(run.results["metric"])]
    wanted = [m for m in there if find_head_metric(m) is not None and m.partition("@")[2] in ("", *_DRAWN_RULES)]
    found = {}
    for metric, rows in _test_rows(run.results, wanted).items():
        of = {"encoder": encoder, "metric": metric, "methods": run.methods}
        values = seed_values(rows, **of, classes=[ALL], is_group=True).array[:, 0]  # type: ignore[arg-type]
        found[metric] = short_for_json(mean(values))
    return found


def _test_rows(results: pd.DataFrame, metrics: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the test part's rows of each metric; taken apart once, since the table of a large study has millions."""
    rows = results[(results["part"] == "test").to_numpy()]
    return {str(m): part for m, part in rows.groupby("metric", observed=True, sort=False) if m in metrics}


def _numbers(run: Run, rows: pd.DataFrame, encoder: str, metric: str) -> dict[str, Any]:
    names = [str(name) for name in run.classes["class_name"]]
    of = {"encoder": encoder, "metric": metric, "methods": run.methods}
    classes = seed_values(rows, **of, classes=names).array  # type: ignore[arg-type]
    groups = seed_values(rows, **of, classes=RULE_GROUPS, is_group=True).array  # type: ignore[arg-type]
    values = np.concatenate([classes, groups], axis=1)  # (M, K, S)
    compared = [run.methods.index(run.baselines.get(method, run.methods[0])) for method in run.methods]
    differences = values - values[compared]
    middle, reach = mean(differences), half_width(differences, "sd")
    found = {"value": mean(values), "difference": middle, "low": middle - reach, "high": middle + reach}
    if run.verdicts is not None and metric == run.verdicts["metric"].iloc[0]:
        found |= {side: _of_verdicts(run, encoder, side, found[side]) for side in ("difference", "low", "high")}
    return {name: short_for_json(numbers) for name, numbers in found.items()}


def _of_verdicts(run: Run, encoder: str, column: str, otherwise: np.ndarray) -> np.ndarray:
    filled = otherwise.copy()
    places, values = _placed(run, encoder, column)
    filled[places] = values.to_numpy(np.float64)
    return filled


def _verdicts(run: Run, encoder: str) -> dict[str, Any]:
    """Return what the tests say, (M, K) each: verdict, p, minimum detectable effect, simultaneous interval.

    All are empty for the baseline; verdicts, p and simultaneous intervals are also empty for rows that belong to no
    question, such as single classes. `said` is a verdict with its qualifications, `more_seeds` what more seeds add.
    """
    assert run.verdicts is not None
    shape = (len(run.methods), len(run.classes) + len(RULE_GROUPS))
    places, verdict = _placed(run, encoder, "verdict")
    words = np.full(shape, "", dtype=object)
    words[places] = verdict.to_numpy(object)
    found: dict[str, Any] = {"verdict": words.tolist()}
    said = np.full(shape, "", dtype=object)
    notes = [_placed(run, encoder, name)[1] for name in ("below_margin", "provisional")]
    said[places] = [
        verdict_in_words({"verdict": word, "below_margin": below, "provisional": provisional})
        for word, below, provisional in zip(verdict, *notes, strict=True)
    ]
    found["said"], found["more_seeds"] = said.tolist(), more_seeds(run.verdicts, encoder)
    for column in ("p_adjusted", "minimum_detectable_effect", "simultaneous_low", "simultaneous_high"):
        values = np.full(shape, np.nan)
        values[places] = _placed(run, encoder, column)[1].to_numpy(np.float64)
        found[column] = short_for_json(values, digits=8)  # a p below 0.001 stays below it
    return found


def _placed(run: Run, encoder: str, column: str) -> tuple[tuple[np.ndarray, np.ndarray], "pd.Series[Any]"]:
    """Return the places (method, class or group) of an encoder's verdicts, and a column of them."""
    assert run.verdicts is not None
    table = run.verdicts[run.verdicts["encoder"].astype(str) == encoder]
    classes = {(str(name), False): k for k, name in enumerate(run.classes["class_name"])}
    place = classes | {(name, True): len(classes) + g for g, name in enumerate(RULE_GROUPS)}
    keys = list(zip(table["class_name"].astype(str), table["is_group"].astype(bool), strict=True))
    known = np.array([key in place for key in keys], dtype=bool)
    methods = np.array([run.methods.index(str(name)) for name in table["method"][known]], dtype=np.int64)
    columns = np.array([place[key] for key, kept in zip(keys, known, strict=True) if kept], dtype=np.int64)
    return (methods, columns), table[column][known]
