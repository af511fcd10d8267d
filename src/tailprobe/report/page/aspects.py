"""Ranking, decisions and calibration of every method, as the page shows them side by side."""

from typing import Any

import pandas as pd

from tailprobe.comparison.answer import Answer, Aspect, answer
from tailprobe.report.page.numbers import short_for_json
from tailprobe.runs.run import Run


def aspects(run: Run) -> dict[str, Any] | None:
    """Return each method's answer on the low-frequency classes, by encoder; None if none was compared.

    `methods`: name, whether the aspects agree, the reasons if they do not, and of each metric its name, difference,
    ends and direction.
    """
    if run.aspects is None or run.decomposition is None or run.aspects.empty:
        return None
    rule = "0.5" if "0.5" in run.study.thresholds else run.study.thresholds[0]
    return {"rule": rule, "of": {encoder: _of(run, run.aspects, encoder, rule) for encoder in run.encoders}}


def _of(run: Run, table: pd.DataFrame, encoder: str, rule: str) -> list[dict[str, Any]]:
    assert run.decomposition is not None
    found = [answer(table, run.decomposition, encoder=encoder, method=method, rule=rule) for method in run.methods[1:]]
    return [_shown(one) for one in found if one is not None]


def _shown(found: Answer) -> dict[str, Any]:
    metrics = [found.ranking, *found.decisions, found.calibration]
    return {
        "method": found.method,
        "agree": found.agree,
        "reasons": list(found.reasons),
        "metrics": [_metric(metric) for metric in metrics],
    }


def _metric(of: Aspect) -> dict[str, Any]:
    return {
        "metric": of.metric,
        **{name: short_for_json(getattr(of, name)) for name in ("difference", "low", "high")},
        "direction": of.direction,
    }
