"""Run every benchmark: the modules of this folder that have `rows()`; print Markdown, write results.md and .json."""

import importlib
import json
import pkgutil
import re
import sys
from dataclasses import asdict
from pathlib import Path

import benchmarks
from benchmarks.row import Row, table

FOLDER = Path(__file__).parent


def main(wanted: list[str]) -> None:
    """Run the benchmarks named, or all of them; of those not run, the results stay as they are."""
    for name in sorted(found.name for found in pkgutil.iter_modules(benchmarks.__path__)):
        if name.startswith("_") or (wanted and name not in wanted):
            continue
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "rows"):
            rows = module.rows()
            section = table(name, (module.__doc__ or "").splitlines()[0], rows)
            print(section, flush=True)
            _keep(name, rows, section)
    print(f"written to {FOLDER / 'results.md'} and results.json")


def _keep(name: str, rows: list[Row], section: str) -> None:
    """Put the benchmark's results instead of its last ones, in both files."""
    path = FOLDER / "results.json"
    stored = json.loads(path.read_text()) if path.exists() else []
    kept = [row for row in stored if row["benchmark"] != name]
    kept += [{"benchmark": name, **asdict(row)} for row in rows]
    path.write_text(json.dumps(sorted(kept, key=lambda row: row["benchmark"]), indent=1) + "\n")
    path = FOLDER / "results.md"
    sections = re.split(r"^(?=## )", path.read_text() if path.exists() else "", flags=re.MULTILINE)
    sections = [each.strip() + "\n" for each in sections if each.strip() and not each.startswith(f"## {name}\n")]
    path.write_text("\n".join(sorted([*sections, section])))


if __name__ == "__main__":
    main(sys.argv[1:])
