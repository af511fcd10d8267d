"""Every method is held against an independent statement of its formula; the field's known faults are numbers."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.conformance.check import Check
from benchmarks.conformance.faults import FAULTS, recall_of_rarest
from benchmarks.conformance.table import Result, cell, load_checks

from tailprobe.methods.method import METHODS

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


@pytest.mark.parametrize("check", load_checks(), ids=lambda check: f"{check.method}-{check.deviation.__name__}")
def test_the_method_is_what_its_formula_says(check: Check) -> None:
    result = Result(check, check.deviation())
    assert result.holds, f"{check.method} against {check.statement}: {result.deviation:g} > {check.tolerance:g}"


def test_every_method_has_a_check() -> None:
    assert {check.method for check in load_checks()} == set(METHODS.names())


def test_a_deviation_that_is_no_number_does_not_hold() -> None:
    assert not Result(Check("focal", "", float, 1.0), float("nan")).holds


def test_the_page_has_every_check_and_fault() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [f"| `{check.method}` | {cell(check.statement)} |" for check in load_checks()]
    rows += [f"| {fault.where} | {fault.what} |" for fault in FAULTS]
    assert [row for row in rows if row not in text] == [], "write it again: make conformance"


def test_the_faults_are_there_and_tailprobe_has_none_of_them() -> None:
    measured = {fault.where: (fault.theirs(), fault.ours()) for fault in FAULTS}
    theirs, ours = measured["MONICA"]
    assert theirs < recall_of_rarest(0) - 0.1 < recall_of_rarest(0) + 0.1 < ours  # 0: plain cross-entropy
    assert measured["Imbalance-VLM"][0] == 0 < measured["Imbalance-VLM"][1]
    assert measured["DistributionBalancedLoss"][0] < 1.1
    assert measured["DistributionBalancedLoss"][1] > 4
    theirs, ours = measured["ASL"]
    assert abs(theirs) < 1e-12
    assert ours < -0.1
    theirs, ours = measured["LDAM-DRW, and LIFT and MONICA after it"]
    np.testing.assert_allclose([theirs, ours], [9.2094, 4 * 0.9 * -np.log(0.1)], rtol=1e-4)
    theirs, ours = measured["class-balanced focal loss, the common stand-alone code"]
    assert np.isnan(theirs)
    assert np.isclose(ours, -1)
    assert measured["LVIS constants in other libraries"] == (0, 98)
