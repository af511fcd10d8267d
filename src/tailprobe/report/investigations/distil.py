"""Figure of `distil`: what few rows per class lose against all images."""

from matplotlib.figure import Figure

from tailprobe.investigate.distil.answer import DistilAnswer
from tailprobe.investigate.paired import GROUPS, Differences
from tailprobe.report.investigations.lines import Line, line_figure
from tailprobe.scores.metric import metric_title


def distil_figure(answer: DistilAnswer) -> Figure:
    """Draw the difference from all images, one panel per group of classes, one line per distiller."""
    return line_figure(
        {f"{group} classes": {name: _line(answer.groups[name][group]) for name in answer.groups} for group in GROUPS},
        ticks=[str(number) for number in answer.rows],
        title="How few rows per class train a head as well as all images",
        subtitle=f"{metric_title(answer.metric)} minus that of all {answer.images:,.0f} training images",
        caption="Whiskers hold for all numbers of rows of a line and panel at once (95%). In the grey band a "
        "difference is practically negligible: a whisker that stays above its lower edge excludes a relevant loss.",
        across="rows per class",
        up="difference",
        margin=answer.margin,
    )


def _line(found: Differences) -> Line:
    low, high = found.together.band()
    return Line(found.mean, low, high)
