"""Figure of `layers`: representations and methods side by side, as differences from the baseline on the first."""

import re

from matplotlib.figure import Figure

from tailprobe.investigate.layers.answer import LayersAnswer
from tailprobe.investigate.paired import Differences
from tailprobe.report.investigations.lines import Line
from tailprobe.report.investigations.rows import row_figure
from tailprobe.scores.metric import metric_title


def layers_figure(answer: LayersAnswer) -> Figure:
    """Draw one panel per group of classes, one row per representation or method."""
    return row_figure(
        {f"{group} classes": _line(found) for group, found in answer.groups.items()},
        rows=[row_name(setup.representation, answer.reference.representation) for setup in answer.representations]
        + [setup.method for setup in answer.methods],
        title="What other layers and several encoders gain, compared with methods",
        subtitle=f"{metric_title(answer.metric)} minus the baseline's with {answer.reference.representation}",
        caption=f"Representations are orange, with the baseline; + is concatenated with "
        f"{answer.reference.representation}; layers are counted from the end. Methods are black, with "
        f"{answer.reference.representation}. Whiskers hold for all rows of a panel at once (95%). In the grey band a "
        "difference is practically negligible.",
        across="difference",
        margin=answer.margin,
        marked=len(answer.representations),
    )


def row_name(representation: str, first: str) -> str:
    """Return the name of a representation, short enough for a row.

    >>> row_name("resnet18 + layer(resnet18, depth=2, pooling=mean)", "resnet18")
    '+ layer 2, mean'
    """
    short = re.sub(r"layer\(.*?, depth=(\d+), pooling=(\w+)\)", r"layer \1, \2", representation)
    return f"+ {short.removeprefix(f'{first} + ')}" if short.startswith(f"{first} + ") else short


def _line(found: Differences) -> Line:
    low, high = found.together.band()
    return Line(found.mean, low, high)
