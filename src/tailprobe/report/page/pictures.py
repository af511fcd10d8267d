"""The page's own pictures, for print."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tailprobe.groups import LOW_FREQUENCY, RULE_GROUPS
from tailprobe.report.figures.all import slug
from tailprobe.report.figures.class_curves import class_curves
from tailprobe.report.figures.gain_sources import Part
from tailprobe.report.figures.gain_sources import gain_sources as draw_gain_sources
from tailprobe.report.figures.ranks import ranks
from tailprobe.report.figures.side_by_side import Source, side_by_side
from tailprobe.report.figures.trade_off import Sides, trade_off
from tailprobe.report.page.comparison import comparison
from tailprobe.report.page.curves import curves
from tailprobe.report.page.gain_sources import shown_first
from tailprobe.report.page.multi_dataset import multi_dataset
from tailprobe.report.style import markers, palette
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title


def page_figures(run: Run) -> dict[str, Figure]:
    """Return the pictures that the page draws and `figures.all` has not.

    Where gains in decisions come from, trade-off and curves by encoder, ranks with probabilities of improvement, and
    with several encoders these side by side.
    They are drawn from the numbers that the page has. Nothing is drawn of a run of the baseline alone.
    """
    if len(run.methods) < 2:
        return {}
    colours, compared, drawn = palette(run.families), comparison(run), curves(run)
    figures: dict[str, Figure] = {}
    for encoder in run.encoders:
        figures |= _gain_sources(run, encoder)
        metric, tested = compared["metrics"][0], compared["tested"] == compared["metrics"][0]
        figures[f"trade_off_{slug(encoder)}"] = trade_off(
            _sides(run, compared["numbers"][encoder][metric], LOW_FREQUENCY),
            _sides(run, compared["numbers"][encoder][metric], "remaining"),
            methods=run.methods[1:],
            metric=metric,
            encoder=encoder,
            reach=_reach([tested]),
            colours=colours,
            shapes=markers(run.families),
        )
        figures[f"curves_{slug(encoder)}"] = class_curves(
            _by_class(run, drawn, encoder), steps=np.asarray(drawn["steps"]), encoder=encoder, colours=colours
        )
    return figures | figures_of_several([run])


def _gain_sources(run: Run, encoder: str) -> dict[str, Figure]:
    """Draw what the page shows first."""
    first = shown_first(run, encoder)
    if first is None:
        return {}
    metric, found = first
    ranking, threshold = (
        Part(*(np.array(found[f"{part}{end}"], dtype=float) for end in ("", "_low", "_high")))
        for part in ("ranking", "threshold")
    )
    figure = draw_gain_sources(
        ranking,
        threshold,
        methods=found["methods"],
        metric=metric_title(metric),
        encoder=encoder,
        sentence=found["sentence"],
    )
    return {f"gain_sources_{slug(encoder)}": figure}


def figures_of_several(runs: Sequence[Run]) -> dict[str, Figure]:
    """Return the pictures that the page draws of several runs, or of a run under several encoders: side by side, ranks.

    What lacks a second source, or a method that all share, is left out.
    """
    figures, found = _side_by_side(runs), multi_dataset(runs)
    if found is None:
        return figures
    families = runs[0].families
    return figures | {"ranks": ranks(found, colours=palette(families), shapes=markers(families))}


def _side_by_side(runs: Sequence[Run]) -> dict[str, Figure]:
    compared = [comparison(run) for run in runs]
    metric = compared[0]["metrics"][0]
    sources = [
        (Source(_source_name(run, encoder, runs), run.methods[1:], _sides(run, of[metric], LOW_FREQUENCY)), own)
        for run, own in zip(runs, compared, strict=True)
        for encoder, of in own["numbers"].items()
        if metric in of and len(run.methods) > 1
    ]
    if len(sources) < 2:
        return {}
    reach = _reach([own["tested"] == metric for _, own in sources])
    return {"side_by_side": side_by_side([source for source, _ in sources], metric=metric, reach=reach)}


def _source_name(run: Run, encoder: str, runs: Sequence[Run]) -> str:
    return f"{run.name}, {encoder}" if len(runs) > 1 else encoder


def _reach(tested: Sequence[bool]) -> str:
    if all(tested):
        return "95% interval"
    spread = "one standard deviation over the seeds"
    return f"95% interval where the run was tested in this metric, else {spread}" if any(tested) else spread


def _sides(run: Run, numbers: dict[str, Any], group: str) -> Sides:
    k = len(run.classes) + RULE_GROUPS.index(group)
    difference, low, high = (
        np.array([row[k] for row in numbers[side][1:]], dtype=np.float64) for side in ("difference", "low", "high")
    )
    return difference, low, high


def _by_class(run: Run, drawn: dict[str, Any], encoder: str) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    names = [str(run.classes["class_name"].iloc[c]) for c in drawn["classes"]]
    found: dict[str, dict[str, dict[str, np.ndarray]]] = {name: {} for name in names}
    for method, of_classes in drawn["curves"][encoder].items():
        for name, curve in zip(names, of_classes, strict=True):
            score, share, _ = curve["reliability"]
            of = {"precision": curve["precision"], "f1": curve["f1_at"], "score": score, "share": share}
            found[name][method] = {key: np.array(values, dtype=np.float64) for key, values in of.items()}
    return found
