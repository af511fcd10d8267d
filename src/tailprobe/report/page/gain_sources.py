"""Where each gain in decisions comes from, as the page shows it."""

from typing import Any

import numpy as np

from tailprobe.comparison.gain_sources import gain_sentence, on_the_low_frequency_classes
from tailprobe.report.page.numbers import short_for_json
from tailprobe.runs.run import Run

RECALL = "recall@0.5"  # shown where the primary metric is none of decisions
_COLUMNS = (
    "difference", "difference_low", "difference_high", "ranking", "ranking_low", "ranking_high", "threshold",
    "threshold_low", "threshold_high", "flagged_baseline", "flagged",
)  # fmt: skip


def gain_sources(run: Run) -> dict[str, Any] | None:
    """Return each method's gains on the low-frequency classes, taken apart; None if none was compared.

    By encoder and metric of decisions: the methods, a list for each of `_COLUMNS`, and the sentence that says it.
    """
    if run.decomposition is None or run.decomposition.empty:
        return None
    metrics = [str(metric) for metric in dict.fromkeys(run.decomposition["metric"])]
    found = {encoder: {metric: _of(run, encoder, metric) for metric in metrics} for encoder in run.encoders}
    return {"metrics": metrics, "of": found}


def shown_first(run: Run, encoder: str) -> tuple[str, dict[str, Any]] | None:
    """Return the metric that is shown first and its content; None if nothing was taken apart.

    The primary metric if it is one of decisions, else recall at 0.5, else the first.
    """
    sources = gain_sources(run)
    if sources is None:
        return None
    metric = next(m for m in (run.study.metric, RECALL, sources["metrics"][0]) if m in sources["metrics"])
    found = sources["of"][encoder][metric]
    return None if found is None else (metric, found)


def _of(run: Run, encoder: str, metric: str) -> dict[str, Any] | None:
    assert run.decomposition is not None
    rows = on_the_low_frequency_classes(run.decomposition, encoder=encoder, metric=metric)
    rows = rows[rows["difference"].notna()]
    if rows.empty:
        return None
    sentence = gain_sentence(rows, method="" if run.conclusion is None else run.conclusion.about)
    numbers = {name: short_for_json(rows[name].to_numpy(np.float64)) for name in _COLUMNS}
    return {"methods": rows["method"].astype(str).tolist(), "sentence": sentence, **numbers}
