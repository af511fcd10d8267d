"""Everything the page shows of a run, as data."""

from typing import Any

import numpy as np

from tailprobe.report.page.collection import class_rows, collection, mistakes
from tailprobe.report.page.comparison import comparison
from tailprobe.report.page.curves import curves, training
from tailprobe.report.page.run import RunTables
from tailprobe.report.style import palette


def content(run: RunTables) -> dict[str, Any]:
    """Return the content of one run; JSON, nothing of it markup."""
    return {
        "name": run.name,
        "recommendation": None if run.recommendation is None else dict(run.recommendation),
        "encoders": list(run.encoders),
        "methods": _methods(run),
        "chosen": run.chosen,
        "classes": class_rows(run),
        "collection": collection(run),
        "comparison": comparison(run),
        "curves": curves(run),
        "training": training(run),
        "mistakes": mistakes(run),
        "about": {
            "settings": run.settings,
            "repeat": run.repeat,
            "versions": dict(run.record["versions"]),
            "fingerprints": {"labels": run.record["labels"]} | dict(run.record["embeddings"]),
            "kernel": run.record.get("kernel", ""),
            "seconds": run.record["seconds"],
            "seeds": sorted(int(seed) for seed in run.results["seed"].unique()),
            "tuned_on_test": bool(run.record["test_is_validation"]),
        },
    }


def _methods(run: RunTables) -> list[dict[str, Any]]:
    """Return the methods: name, colour, rows and distinct images of an epoch, and the count each class reached."""
    colours = palette(run.methods)
    found = []
    for method in run.methods:
        plan = run.plans[run.plans["method"] == method]
        by_class = plan.groupby("class")["count"].mean().reindex(run.classes["class"]).to_numpy(np.float64)
        found.append(
            {
                "name": method,
                "colour": colours[method],
                "rows": float(plan["rows"].mean()),
                "distinct": float(plan["distinct_images"].mean()),
                "reached": by_class.round().astype(int).tolist(),
            }
        )
    return found
