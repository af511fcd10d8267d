"""Run every check, print the tables and write them to docs/conformance.md; exit with 1 where a check does not hold."""

import sys
from pathlib import Path

from benchmarks.conformance import faults
from benchmarks.conformance.table import Result, as_markdown, run_checks

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def document(results: list[Result]) -> str:
    """Return the page."""
    return f"""# Conformance

Written by `make conformance`. Each method is held against an independent statement of its formula: the paper's
equation written out in float64, another library on the same input, or a count that the paper states. The largest
deviation is what the last run found; where it counts rows, images or choices, 0 is allowed. `tests/conformance` fails
where a deviation is larger than allowed.

{as_markdown(results)}

## Known faults of published implementations

Each is computed as the public code computes it, beside what tailprobe gives on the same input.

{faults.as_markdown()}

## Where libraries disagree

- `ml_ros`: the R package mldr.resampling never recomputes a class's imbalance ratio, so that classes are cloned until
  the share is reached; the paper's algorithm leaves a class alone once its ratio has come down to the mean, as here.
- `ml_rus`: the R package draws the images to drop with replacement, and drops fewer than it is asked to.
- `svm`: scikit-learn's LinearSVC has a penalty on the bias; here the bias is free, and a large intercept scaling brings
  both together.
- `asymmetric`: the authors' default code stops the gradient of the focusing factor; here it runs through, as their
  formula says.
"""


def main() -> int:
    """Run, print, write."""
    results = run_checks()
    text = document(results)
    print(text)
    PAGE.write_text(text, encoding="utf-8")
    failed = [f"{r.check.method}: {r.deviation:g}" for r in results if not r.holds]
    print(
        f"{len(results)} checks of {len({r.check.method for r in results})} methods, {len(failed)} do not hold", *failed
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
