"""The answers to further questions in sentences, for the page and the terminal."""

from typing import Any

import pandas as pd

from tailprobe.comparison.description import signed
from tailprobe.comparison.question import ENCODERS
from tailprobe.report.questions import TestedQuestion
from tailprobe.report.text import shown
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_ABOUT = {ENCODERS: "encoders against each other", "calibration": "calibration"}


def further_answers(run: Run) -> list[dict[str, Any]]:
    """Return each further question with its answers: `title`, `sentence` and `answers`, a sentence a comparison."""
    if run.further is None:
        return []
    return [
        {"title": _ABOUT[str(name)], "sentence": _sentence(str(name), rows), "answers": _answers(str(name), rows)}
        for name, rows in run.further.groupby("question", sort=False, observed=True)
    ]


def _sentence(name: str, rows: pd.DataFrame) -> str:
    tested = rows[rows["critical_level"].notna()]
    about = f"{_ABOUT[name]}, in {metric_title(str(rows['metric'].iloc[0]))} on the low-frequency classes"
    if tested.empty:
        return f"{about}: nothing was tested"
    return TestedQuestion(name, about, float(tested["level"].iloc[0]), len(tested)).sentence


def _answers(name: str, rows: pd.DataFrame) -> list[str]:
    several = len(set(rows["encoder"])) > 1
    return [_answer(row, of_encoders=name == ENCODERS, several=several) for row in rows.to_dict("records")]


def _answer(row: dict[Any, Any], *, of_encoders: bool, several: bool) -> str:
    tested = not pd.isna(row["critical_level"])
    low, high = (row[f"simultaneous_{end}" if tested else end] for end in ("low", "high"))
    digits = 4 if row["metric"] == "brier" else 3
    method, encoder, other = (shown(str(row[name]), 60) for name in ("method", "encoder", "compared_with"))
    about = f"{encoder} against {other}, {method}" if of_encoders else f"{encoder}, {method}" if several else method
    change = f"{signed(row['difference'], digits)} ({signed(low, digits)} to {signed(high, digits)})"
    return f"{about}: {change}, {row['verdict']}"
