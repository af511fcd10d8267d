"""Figure of `cues`: each class where its company helps, says nothing, and misleads; and what methods change."""

import numpy as np
from matplotlib.figure import Figure

from tailprobe.investigate.cues.answer import MARGIN, ClassCues, CuesAnswer
from tailprobe.report.investigations.lines import Line, line_figure
from tailprobe.report.text import shown

_MOST = 8  # classes
_ORDER = (2, 1, 3)  # of `pairs.NAMES`


def cues_figures(answer: CuesAnswer) -> dict[str, Figure]:
    """Draw the baseline's three numbers per class, one line per class, and the change of reliance by method."""
    drawn = answer.classes[:_MOST]
    names = {found.name: f"{shown(found.name, 18)} (with {shown(found.companion, 18)})" for found in drawn}
    pairs = line_figure(
        {"baseline": {names[found.name]: _numbers(found) for found in drawn}},
        ticks=["helps", "says nothing", "misleads"],
        title="Scores by the company of a class",
        subtitle="probability that an image of the class is ranked above one without it",
        caption="Whiskers hold for all numbers of a class at once (95%). 0.5 is chance. A class that relies on its "
        "company falls from left to right.",
        across="what the company does in the pair of images",
        up="probability",
    )
    changes = line_figure(
        {"reliance minus the baseline's": {names[found.name]: _changes(found) for found in drawn}},
        ticks=[shown(method, 26) for method in drawn[0].methods[1:]],
        title="What methods change in the reliance on company",
        subtitle="probability where the company helps minus that where it misleads",
        caption="Whiskers hold for all methods of a class at once (95%). In the grey band a change makes none in "
        "practice.",
        across="method",
        up="change",
        margin=MARGIN,
        joined=False,
    )
    return {"cues": pairs, "cues_methods": changes}


def _numbers(found: ClassCues) -> Line:
    order = np.array(_ORDER)
    low, high = found.numbers.band()
    return Line(found.numbers.estimate.mean[order], low[order], high[order])


def _changes(found: ClassCues) -> Line:
    low, high = found.changes.band()
    return Line(found.changes.estimate.mean, low, high)
