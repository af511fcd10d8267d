"""The picture of `layers`: representations and methods side by side, as differences from the baseline on the first."""

from matplotlib.figure import Figure

from tailprobe.investigate.layers.answer import LayersAnswer
from tailprobe.investigate.paired import Differences
from tailprobe.report.investigations.lines import Line
from tailprobe.report.investigations.rows import row_figure
from tailprobe.scores.metric import metric_title


def layers_figure(answer: LayersAnswer) -> Figure:
    """Draw a panel a group of classes, a row a representation or method."""
    return row_figure(
        {f"{group} classes": _line(found) for group, found in answer.groups.items()},
        rows=[setup.representation for setup in answer.representations] + [setup.method for setup in answer.methods],
        title="What other layers and several encoders are worth beside methods",
        subtitle=f"{metric_title(answer.metric)} less the baseline's with {answer.reference.representation}",
        caption="Representations are orange, with the baseline; methods black, with "
        f"{answer.reference.representation}. Whiskers hold for all rows of a panel at once (95%). In the grey band a "
        "difference makes none in practice.",
        across="difference",
        margin=answer.margin,
        marked=len(answer.representations),
    )


def _line(found: Differences) -> Line:
    low, high = found.together.band()
    return Line(found.mean, low, high)
