"""How close a run comes to the paper, for the last section of the page."""

from typing import Any

from tailprobe.report.page.numbers import short_for_json
from tailprobe.report.reproduction import by_reading, caption, facts, finding_lines
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_NUMBERS = ("difference", "low", "high", "minimum_detectable_effect")


def paper(run: Run) -> dict[str, Any] | None:
    """Compare the paper's numbers and findings with the run's; None if the run repeats no study of the paper."""
    if run.paper_facts is None:
        return None
    return {
        "findings": finding_lines(run),
        "caption": caption(run),
        "answers": [
            {
                "encoder": encoder,
                "metric": metric_title(metric),
                "method": answer.method,
                "class_name": answer.class_name,
                "claim": answer.claim,
                "verdict": str(answer.verdict),
            }
            | {name: short_for_json(getattr(answer, name)) for name in _NUMBERS}
            for encoder, metric, answers in by_reading(run)
            for answer in answers
        ],
        "facts": [{"what": f.what, "paper": f.paper, "here": f.here, "relative": f.relative} for f in facts(run)],
    }
