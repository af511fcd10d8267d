"""When a claim of the paper's holds, when it does not, and when an interval leaves it open."""

import math

import pytest

from tailprobe.paper.claims import FINDINGS, Direction, Verdict, verdict_of_finding, verdict_on

HOLDS, CONTRADICTED, OPEN = Verdict.HOLDS, Verdict.CONTRADICTED, Verdict.OPEN


@pytest.mark.parametrize(
    ("low", "high", "same", "not_worse", "better", "worse"),
    [
        (0.05, 0.15, CONTRADICTED, HOLDS, HOLDS, CONTRADICTED),
        (-0.15, -0.05, CONTRADICTED, CONTRADICTED, CONTRADICTED, HOLDS),
        (-0.01, 0.01, HOLDS, HOLDS, CONTRADICTED, CONTRADICTED),
        (0.005, 0.015, HOLDS, HOLDS, HOLDS, CONTRADICTED),  # an effect below the margin is both
        (-0.015, -0.005, HOLDS, HOLDS, CONTRADICTED, HOLDS),
        (-0.01, 0.1, OPEN, HOLDS, OPEN, CONTRADICTED),
        (-0.1, 0.1, OPEN, OPEN, OPEN, OPEN),
        (math.nan, math.nan, OPEN, OPEN, OPEN, OPEN),
    ],
)
def test_a_claim_is_judged_by_the_whole_interval(
    low: float, high: float, same: Verdict, not_worse: Verdict, better: Verdict, worse: Verdict
) -> None:
    found = [verdict_on(direction, low=low, high=high, margin=0.02) for direction in Direction]
    assert found == [same, not_worse, better, worse]


def test_a_finding_holds_where_all_its_claims_do_and_falls_with_any() -> None:
    assert verdict_of_finding([HOLDS, HOLDS]) is HOLDS
    assert verdict_of_finding([HOLDS, OPEN]) is OPEN
    assert verdict_of_finding([OPEN, CONTRADICTED]) is CONTRADICTED
    assert verdict_of_finding([]) is OPEN


def test_the_three_findings_stand_in_the_papers_sections() -> None:
    assert [finding.section for finding in FINDINGS] == ["5.1", "5.2", "5.3"]
    assert [len(finding.claims) for finding in FINDINGS] == [2, 2, 2]
