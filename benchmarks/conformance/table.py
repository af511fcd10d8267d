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
        f"| `{r.check.method}` | {r.check.statement} | {_shown(r.deviation)} | {r.check.tolerance:.0e} |"
        for r in results
    ]
    return "\n".join(lines)


def _shown(deviation: float) -> str:
    """Return one digit; below 1e-12 only that: the last digits differ between processors."""
    return "below 1e-12" if deviation < 1e-12 else f"{deviation:.0e}"
