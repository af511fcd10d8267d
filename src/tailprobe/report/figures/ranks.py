"""A critical-difference diagram, probabilities of improvement and performance profiles, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tailprobe.report.frame import new_figure
from tailprobe.report.look import NARROW, look
from tailprobe.report.style import INK, MUTED, colours_of, markers_of, styled
from tailprobe.report.text import shown, whole_name

_NAME = 22  # letters of a method's name next to its row


@styled
def ranks(
    found: Mapping[str, Any], *, colours: Mapping[str, str] | None = None, shapes: Mapping[str, str] | None = None
) -> Figure:
    """Draw what `report.page.multi_dataset` found; its first method is the one improved upon.

    Source:
        Demšar, JMLR 2006, for the diagram; Agarwal et al., NeurIPS 2021, for the others.
    """
    methods: Sequence[str] = found["methods"]
    colours = {**colours_of(methods, colours), methods[0]: MUTED}
    shapes = markers_of(methods, shapes)
    wide = look().width > NARROW
    unit = "classes" if not found["blocks"] else "runs and encoders"
    metric = shown(found["metric"].replace("_", " "), 40)
    figure = new_figure(
        title="Ranks, probabilities of improvement, performance profiles",
        subtitle=f"{metric}; ranks over {found['ranked']} {unit}, the rest over the low-frequency classes",
        caption="Bars join methods whose average ranks differ by less than Nemenyi's critical difference. Whiskers: "
        "95%, knowing that seeds and encoders of a collection share images. Profile: the share of runs above a value.",
        key=[
            (Line2D([], [], color=colours[m], marker=shapes[m], linewidth=1.4, markersize=5), shown(m, 34))
            for m in methods
        ],
        body=(1 if wide else 3) * max(2.6, 0.9 + 0.24 * len(methods)),
    )
    left, middle, right = figure.subplots(1, 3) if wide else figure.subplots(3, 1)
    _diagram(left, found, colours, shapes)
    _improvement(middle, found, colours, shapes)
    steps = np.asarray(found["profile"]["steps"], dtype=np.float64)
    for method, profile in zip(methods, found["profile"]["of"], strict=True):
        values, low, high = (np.asarray(profile[k], dtype=np.float64) for k in ("value", "low", "high"))
        right.step(steps, values, where="post", color=colours[method], linewidth=1.4)
        right.fill_between(steps, low, high, step="post", color=colours[method], alpha=0.08, linewidth=0)
    right.set(xlabel="value", ylabel="share of runs above", xlim=(0, 1), ylim=(-0.02, 1.02))
    right.grid(True)
    return figure


def _diagram(axes: Axes, found: Mapping[str, Any], colours: Mapping[str, str], shapes: Mapping[str, str]) -> None:
    axes.set(xlabel="average rank", yticks=[])
    if not found["ranked"]:
        axes.text(
            0.5, 0.5, "no class is defined\nunder every method", ha="center", color=MUTED, transform=axes.transAxes
        )
        return
    methods, average = found["methods"], found["ranks"]
    order = sorted(range(len(methods)), key=lambda m: average[m])
    for place, m in enumerate(order):
        axes.plot(
            average[m], -place, shapes[methods[m]], color=colours[methods[m]], markeredgecolor=INK, markeredgewidth=0.6
        )
    axes.set_yticks(
        [-place for place in range(len(order))],
        [whole_name(methods[m], _NAME) for m in order],
        fontsize=7,
        linespacing=0.9,
    )
    for lane, clique in enumerate(found["cliques"]):
        inside = [average[m] for m in clique]
        axes.plot([min(inside), max(inside)], [1 + 0.5 * lane] * 2, color=MUTED, linewidth=3.5)
    axes.grid(axis="x")


def _improvement(axes: Axes, found: Mapping[str, Any], colours: Mapping[str, str], shapes: Mapping[str, str]) -> None:
    methods = found["methods"]
    axes.axvline(0.5, color=MUTED, linewidth=0.9)
    for place, (method, chance) in enumerate(zip(methods[1:], found["improvement"], strict=True)):
        axes.plot([chance["low"], chance["high"]], [-place, -place], color=colours[method], linewidth=1.2)
        axes.plot(
            chance["value"], -place, shapes[method], color=colours[method], markeredgecolor=INK, markeredgewidth=0.6
        )
    axes.set(xlim=(-0.03, 1.03), xlabel=f"probability to beat {shown(methods[0], 20)}")
    names = [whole_name(method, _NAME) for method in methods[1:]]
    axes.set_yticks([-place for place in range(len(names))], names, fontsize=7, linespacing=0.9)
    axes.grid(axis="x")
