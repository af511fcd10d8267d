"""The checks of every module here, run and written as a table."""

import importlib
import pkgutil
from dataclasses import dataclass

import benchmarks.conformance
from benchmarks.conformance.check import CHECKS, Check


@dataclass(frozen=True)
class Result:
    """What a check gave."""

    check: Check
    deviation: float

    @property
    def holds(self) -> bool:
        """Whether the deviation is within the check's tolerance; never where it is no number."""
        return self.deviation <= self.check.tolerance


def load_checks() -> list[Check]:
    """Return the checks of all modules of this package, by method."""
    for module in pkgutil.iter_modules(benchmarks.conformance.__path__):
        if module.name != "__main__":
            importlib.import_module(f"benchmarks.conformance.{module.name}")
    return sorted(CHECKS, key=lambda check: check.method)


def run_checks() -> list[Result]:
    """Run every check."""
    return [Result(check, check.deviation()) for check in load_checks()]


def as_markdown(results: list[Result]) -> str:
    """Return the table of results."""
    lines = ["| method | independent statement | largest deviation | allowed |", "|---|---|---|---|"]
    lines += [
        f"| `{r.check.method}` | {cell(r.check.statement)} | {_shown(r.deviation)} | {_shown(r.check.tolerance)} |"
        for r in results
    ]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Return a text as it stands in a cell of a table."""
    return text.replace("|", "\\|")


def _shown(number: float) -> str:
    """Return one digit, and below 1e-12 none: the last digits differ between processors."""
    if not number:
        return "0"
    return "below 1e-12" if number < 1e-12 else f"{number:.0e}" if number < 0.01 else f"{number:.1g}"
