"""What was asked and what more seeds would bring, in words."""

import numpy as np
import pandas as pd

from tailprobe.comparison.conclusion import Conclusion
from tailprobe.report.questions import more_seeds, questions_tested, what_would_settle


def table(**columns: object) -> pd.DataFrame:
    rows = {
        "encoder": "clip", "method": ["a", "b"], "class_name": "low-frequency", "metric": "average_precision",
        "difference": [0.01, 0.03], "question": "primary", "level": 0.04, "critical_level": 0.02, "seeds": 10,
        "simultaneous_low": [-0.09, -0.07], "simultaneous_high": [0.11, 0.13], "minimum_detectable_effect": [0.2, 0.1],
        "standard_error_seeds": 0.04, "standard_error_images": 0.03,
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def test_a_question_is_named_with_its_comparisons_and_level() -> None:
    assert [q.sentence for q in questions_tested(table())] == [
        "low-frequency classes: 2 comparisons tested jointly at .04 (96% simultaneous intervals)"
    ]
    assert questions_tested(table(critical_level=np.nan)) == []


def test_more_seeds_lower_their_part_alone() -> None:
    # Shares 16/25 and 9/25 of the variance: sqrt(0.16 + 0.36) and 0.6 of 0.1.
    sentence = more_seeds(table(), "clip")
    assert "reach about ±0.100; with 40 seeds they would reach about ±0.072" in sentence
    assert "no number of seeds brings them below ±0.060" in sentence
    assert "no limit that could be measured" in more_seeds(table(standard_error_images=0.0), "clip")
    assert more_seeds(table(critical_level=np.nan), "clip") == ""


def conclusion(**parts: object) -> Conclusion:
    said = {
        "kind": "cannot tell", "encoder": "clip", "method": "a", "about": "a", "metric": "average_precision",
        "headline": "Cannot tell yet.", "sentence": "", "settle": "", "difference": 0.0, "low": 0.0, "high": 0.0,
        "level": 0.96, "detectable": 0.1,
    }  # fmt: skip
    return Conclusion(**said | parts)  # type: ignore[arg-type]


def test_what_would_settle_it_is_said_once() -> None:
    def said(**parts: object) -> str:
        return what_would_settle(table(), conclusion(**parts))

    assert said().startswith("With 10 seeds")
    assert said(settle="To settle it: 57 seeds instead of 5.") == ""  # the answer has said it
    assert said(kind="use") == said(kind="not worth it") == ""  # nothing is open
