"""Every method is held against an independent statement of its formula."""

import pytest
from benchmarks.conformance.check import Check
from benchmarks.conformance.table import Result, load_checks


@pytest.mark.parametrize("check", load_checks(), ids=lambda check: f"{check.method}-{check.deviation.__name__}")
def test_the_method_is_what_its_formula_says(check: Check) -> None:
    result = Result(check, check.deviation())
    assert result.holds, f"{check.method} against {check.statement}: {result.deviation:g} > {check.tolerance:g}"
