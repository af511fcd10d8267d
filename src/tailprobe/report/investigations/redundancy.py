"""Figure of `redundancy`: what is lost as a growing share of the training images goes."""

from matplotlib.figure import Figure

from tailprobe.investigate.paired import GROUPS, Differences
from tailprobe.investigate.redundancy.answer import SHARES, RedundancyAnswer
from tailprobe.report.investigations.lines import Line, line_figure
from tailprobe.scores.metric import metric_title


def redundancy_figure(answer: RedundancyAnswer) -> Figure:
    """Draw the difference from all images, one panel per group of classes, one line per selection."""
    return line_figure(
        {f"{group} classes": {name: _line(answer.groups[name][group]) for name in answer.groups} for group in GROUPS},
        ticks=[f"{1 - share:.0%}" for share in SHARES],
        title="What is lost as training images go",
        subtitle=f"{metric_title(answer.metric)} minus that of all training images",
        caption="Whiskers hold for all shares of a selection and group at once (95%). In the grey band a difference "
        "is practically negligible: a whisker that stays above its lower edge excludes a relevant loss.",
        across="share of the training images that goes",
        up="difference",
        margin=answer.margin,
    )


def _line(found: Differences) -> Line:
    low, high = found.together.band()
    return Line(found.mean, low, high)
