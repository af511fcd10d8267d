"""The page's own pictures, for print."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tailprobe.comparison.question import CLASSES
from tailprobe.groups import LOW_FREQUENCY, REMAINING, RULE_GROUPS
from tailprobe.report.figures.all import slug
from tailprobe.report.figures.class_curves import class_curves
from tailprobe.report.figures.gain_sources import Part
from tailprobe.report.figures.gain_sources import gain_sources as draw_gain_sources
from tailprobe.report.figures.ranks import ranks
from tailprobe.report.figures.side_by_side import Source, side_by_side
from tailprobe.report.figures.trade_off import GroupDifferences, trade_off
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
    They are drawn from the numbers that the page has. Nothing is drawn for a run with only the baseline.
    """
    if len(run.methods) < 2:
        return {}
    colours, compared, drawn = palette(run.families), comparison(run), curves(run)
    figures: dict[str, Figure] = {}
    for encoder in run.encoders:
        figures |= _gain_sources(run, encoder)
        metric, tested = compared["metrics"][0], compared["tested"] == compared["metrics"][0]
        figures[f"trade_off_{slug(encoder)}"] = trade_off(
            _sides(run, compared, encoder, metric, LOW_FREQUENCY),
            _sides(run, compared, encoder, metric, REMAINING),
            methods=run.methods[1:],
            metric=metric_title(metric),
            encoder=encoder,
            reach=_reach_of(compared) if tested else _reach([False]),
            margin=compared["margin"] if tested else None,
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
        (
            Source(_source_name(run, encoder, runs), run.methods[1:], _sides(run, own, encoder, metric, LOW_FREQUENCY)),
            own,
        )
        for run, own in zip(runs, compared, strict=True)
        for encoder, of in own["numbers"].items()
        if metric in of and len(run.methods) > 1
    ]
    if len(sources) < 2:
        return {}
    reach = _reach([own["tested"] == metric for _, own in sources])
    return {"side_by_side": side_by_side([source for source, _ in sources], metric=metric_title(metric), reach=reach)}


def _source_name(run: Run, encoder: str, runs: Sequence[Run]) -> str:
    return f"{run.name}, {encoder}" if len(runs) > 1 else encoder


def _reach(tested: Sequence[bool]) -> str:
    joint, spread = "Whiskers: simultaneous interval of the primary question", "one standard deviation over the seeds"
    if all(tested):
        return joint
    return f"{joint} where the run was tested in this metric, else {spread}" if any(tested) else f"Whiskers: {spread}"


def _reach_of(compared: dict[str, Any]) -> str:
    about = "; ".join(question["sentence"] for question in compared["questions"] if question["name"] != CLASSES)
    return (
        f"Whiskers with caps: simultaneous interval ({about}); faint ticks: 95% interval of the single row; grey: "
        f"practically equal, within ±{compared['margin']:g}"
    )


def _sides(run: Run, compared: dict[str, Any], encoder: str, metric: str, group: str) -> GroupDifferences:
    """Return what is drawn of each method: the simultaneous interval, if there is one, and the row's own."""
    k, numbers = len(run.classes) + RULE_GROUPS.index(group), compared["numbers"][encoder][metric]

    def column(rows: list[list[float | None]]) -> np.ndarray:
        return np.array([row[k] for row in rows[1:]], dtype=np.float64)

    difference, low, high = (column(numbers[name]) for name in ("difference", "low", "high"))
    if compared["tested"] != metric:
        nothing = np.full(len(difference), np.nan)
        return GroupDifferences(difference, low, high, nothing, nothing)
    judged = compared["verdicts"][encoder]
    wide_low, wide_high = column(judged["simultaneous_low"]), column(judged["simultaneous_high"])
    joint = ~np.isnan(wide_low)
    return GroupDifferences(
        difference,
        np.where(joint, wide_low, low),
        np.where(joint, wide_high, high),
        np.where(joint, low, np.nan),
        np.where(joint, high, np.nan),
    )


def _by_class(run: Run, drawn: dict[str, Any], encoder: str) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    names = [str(run.classes["class_name"].iloc[c]) for c in drawn["classes"]]
    found: dict[str, dict[str, dict[str, np.ndarray]]] = {name: {} for name in names}
    for method, of_classes in drawn["curves"][encoder].items():
        for name, curve in zip(names, of_classes, strict=True):
            score, share, _ = curve["reliability"] or ([], [], [])
            of = {"precision": curve["precision"], "f1": curve["f1_at"], "score": score, "share": share}
            found[name][method] = {key: np.array(values, dtype=np.float64) for key, values in of.items()}
    return found
