"""The page's own pictures, for print."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tailprobe.report.figures.all import safe
from tailprobe.report.figures.class_curves import class_curves
from tailprobe.report.figures.ranks import ranks
from tailprobe.report.figures.trade_off import Sides, trade_off
from tailprobe.report.page.across import across
from tailprobe.report.page.comparison import GROUPS, comparison
from tailprobe.report.page.curves import curves
from tailprobe.report.page.run import RunTables
from tailprobe.report.style import palette


def page_figures(run: RunTables) -> dict[str, Figure]:
    """Return the pictures that the page draws and `figures.all` has not: trade-off and curves by encoder, ranks.

    They are drawn from the numbers that the page has. Nothing is drawn of a run without a remedy.
    """
    if len(run.methods) < 2:
        return {}
    colours, compared, drawn = palette(run.methods), comparison(run), curves(run)
    figures = {}
    for encoder in run.encoders:
        metric = compared["metrics"][0]
        figures[f"trade_off_{safe(encoder)}"] = trade_off(
            _sides(run, compared["numbers"][encoder][metric], "low-frequency"),
            _sides(run, compared["numbers"][encoder][metric], "remaining"),
            methods=run.methods[1:],
            metric=metric,
            encoder=encoder,
            reach="95% interval" if compared["tested"] == metric else "one standard deviation over the seeds",
            colours=colours,
        )
        figures[f"curves_{safe(encoder)}"] = class_curves(
            _by_class(run, drawn, encoder), steps=np.asarray(drawn["steps"]), encoder=encoder, colours=colours
        )
    found = across([run])
    return figures if found is None else figures | {"ranks": ranks(found, colours=colours)}


def _sides(run: RunTables, numbers: dict[str, Any], group: str) -> Sides:
    k = len(run.classes) + GROUPS.index(group)
    difference, low, high = (
        np.array([row[k] for row in numbers[side][1:]], dtype=np.float64) for side in ("difference", "low", "high")
    )
    return difference, low, high


def _by_class(run: RunTables, drawn: dict[str, Any], encoder: str) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    names = [str(run.classes["class"].iloc[c]) for c in drawn["classes"]]
    found: dict[str, dict[str, dict[str, np.ndarray]]] = {name: {} for name in names}
    for method, of_classes in drawn["curves"][encoder].items():
        for name, curve in zip(names, of_classes, strict=True):
            score, share, _ = curve["reliability"]
            of = {"precision": curve["precision"], "f1": curve["f1_at"], "score": score, "share": share}
            found[name][method] = {key: np.array(values, dtype=np.float64) for key, values in of.items()}
    return found
