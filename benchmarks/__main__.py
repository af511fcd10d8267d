"""Run every benchmark: the modules of this folder that have `rows()`; print Markdown, write results.json."""

import importlib
import json
import pkgutil
import sys
from dataclasses import asdict
from pathlib import Path

import benchmarks
from benchmarks.row import Row, table


def main(wanted: list[str]) -> None:
    """Run the benchmarks named, or all of them."""
    measured: list[Row] = []
    for found in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda module: module.name):
        if found.name.startswith("_") or (wanted and found.name not in wanted):
            continue
        module = importlib.import_module(f"benchmarks.{found.name}")
        if hasattr(module, "rows"):
            rows = module.rows()
            print(table(found.name, (module.__doc__ or "").splitlines()[0], rows), flush=True)
            measured += rows
    path = Path(__file__).parent / "results.json"
    results = [asdict(row) for row in measured]
    if wanted:  # the rows of other benchmarks stay as they are
        names = {row.name for row in measured}
        results = [row for row in json.loads(path.read_text()) if row["name"] not in names] + results
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written to {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
