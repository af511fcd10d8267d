"""Everything the page shows of a run, as data."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.comparison.lacking import lacking_table
from tailprobe.comparison.recommendation import without_nan
from tailprobe.report.caution import caution
from tailprobe.report.further import further_answers
from tailprobe.report.in_images import in_images
from tailprobe.report.investigations.kept import address, kept_investigations
from tailprobe.report.page.aspects import aspects
from tailprobe.report.page.collection import class_rows, collection, mistakes
from tailprobe.report.page.comparison import comparison
from tailprobe.report.page.curves import curves, training
from tailprobe.report.page.gain_sources import gain_sources
from tailprobe.report.page.looks import looks
from tailprobe.report.page.paper import paper
from tailprobe.report.page.trends_and_best import trends_and_best
from tailprobe.report.questions import fixed_before_training
from tailprobe.report.style import markers, palette
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

# matplotlib's markers as Plotly calls them: a method looks the same in both.
_SYMBOLS = {
    "s": "square", "o": "circle", "v": "triangle-down", "^": "triangle-up", "D": "diamond", "P": "cross", "X": "x",
    "p": "pentagon", "h": "hexagon", "8": "octagon", "<": "triangle-left", ">": "triangle-right",
}  # fmt: skip


def content(run: Run, *, beside: Path | None = None) -> dict[str, Any]:
    """Return the content of one run; JSON, nothing of it markup.

    Args:
        beside: the folder of the page; by default the run's.
    """
    return {
        "name": run.name,
        "conclusion": None if run.conclusion is None else without_nan(asdict(run.conclusion)),
        "in_images": "" if (found := in_images(run)) is None else found.sentence,
        "trends_and_best": trends_and_best(run),
        "recommendation": None if run.recommendation is None else without_nan(asdict(run.recommendation)),
        "caution": caution(run.duplicates, groups=run.record.get("groups")),
        "fixed": fixed_before_training(run),
        "encoders": list(run.encoders),
        "methods": _methods(run),
        "encoder": run.encoder,
        "chosen": run.chosen,
        "classes": class_rows(run),
        "collection": collection(run),
        "titles": {name: metric_title(name) for name in _metrics(run)},
        "comparison": comparison(run),
        "gain_sources": gain_sources(run),
        "aspects": aspects(run),
        "further": further_answers(run),
        "investigations": _investigations(run, beside or run.folder.path),
        "lacking": _lacking(run),
        "curves": curves(run),
        "training": training(run),
        "mistakes": mistakes(run),
        "paper": paper(run),
        "looks": looks(run),
        "about": {
            "settings": run.settings,
            "repeat": run.repeat,
            "versions": dict(run.record["versions"]),
            "fingerprints": {"labels": run.record["labels"]}
            | {name: about["fingerprint"] for name, about in run.record["encoders"].items()},
            "kernel": run.record.get("kernel", ""),
            "seconds": run.record["seconds"],
            "seeds": sorted(int(seed) for seed in run.results["seed"].unique()),
            "tuned_on_test": bool(run.record["test_is_validation"]),
        },
    }


def _investigations(run: Run, beside: Path) -> list[dict[str, Any]]:
    """Return the investigations of the run: title, answers, and the address of its page from this one."""
    return [
        {"name": kept.name, "title": kept.title, "answers": list(kept.answers), "address": address(kept.page, beside)}
        for kept in kept_investigations(run.folder)
    ]


def _lacking(run: Run) -> list[dict[str, Any]]:
    """Return the answers that stayed open, with the seeds or the images that would settle them."""
    if run.verdicts is None:
        return []
    table = lacking_table(run.verdicts, run.classes, block=run.seed_block)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _metrics(run: Run) -> list[str]:
    tables = [table for table in (run.results, run.decomposition, run.aspects) if table is not None]
    return list(dict.fromkeys(str(name) for table in tables for name in table["metric"].unique()))


def _methods(run: Run) -> list[dict[str, Any]]:
    """Return the methods: name, look, family, whether it can differ, rows of an epoch and their classes' counts."""
    colours, shapes = palette(run.families), markers(run.families)
    found = []
    for method, row in zip(run.methods, run.method_table.to_dict("records"), strict=True):
        plan = run.plans[run.plans["method"] == method]
        by_class = plan.groupby("class_name")["count"].mean().reindex(run.classes["class_name"]).to_numpy(np.float64)
        found.append(
            {
                "name": method,
                "colour": colours[method],
                "symbol": _SYMBOLS[shapes[method]],
                "family": str(row["family"]),
                "link": str(row["link"]),
                "source": str(row["source"]),
                "no_op": str(row["no_op"]),
                "identical_ranking": bool(row["identical_ranking"]),
                "rows": float(plan["rows"].mean()),
                "distinct": float(plan["distinct_images"].mean()),
                "synthetic": float(plan["synthetic_rows"].mean()),
                "counts": by_class.round().astype(int).tolist(),
            }
        )
    return found
