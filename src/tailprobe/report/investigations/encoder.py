"""Figure of `encoder`: each way of fine-tuning minus the frozen encoder."""

from matplotlib.figure import Figure

from tailprobe.investigate.encoder.answer import EncoderAnswer
from tailprobe.investigate.paired import Differences
from tailprobe.report.investigations.lines import Line
from tailprobe.report.investigations.rows import row_figure
from tailprobe.scores.metric import metric_title


def encoder_figure(answer: EncoderAnswer) -> Figure:
    """Draw one panel per group of classes, one row per way of fine-tuning."""
    return row_figure(
        {f"{group} classes": _line(found) for group, found in answer.groups.items()},
        rows=answer.tunings,
        title="What fine-tuning the encoder gains",
        subtitle=f"{metric_title(answer.metric)} minus that of {answer.encoder} frozen · {answer.images:,} images",
        caption="Whiskers hold for all rows of a panel at once (95%). In the grey band a difference makes none in "
        "practice.",
        across="difference",
        margin=answer.margin,
    )


def _line(found: Differences) -> Line:
    low, high = found.together.band()
    return Line(found.mean, low, high)
