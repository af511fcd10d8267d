"""Figures of `budget`: differences from the baseline against updates, one without and one with weight decay."""

from matplotlib.figure import Figure

from tailprobe.investigate.budget.answer import BudgetAnswer
from tailprobe.investigate.paired import GROUPS
from tailprobe.report.investigations.lines import Line, line_figure
from tailprobe.scores.metric import metric_title


def budget_figures(answer: BudgetAnswer) -> dict[str, Figure]:
    """Draw one figure for each weight decay, one panel per group of classes, one line per method."""
    decays = sorted({effect.weight_decay for effect in answer.effects})
    return {f"budget_{i}": _figure(answer, decay) for i, decay in enumerate(decays)}


def _figure(answer: BudgetAnswer, decay: float) -> Figure:
    panels: dict[str, dict[str, Line]] = {f"{group} classes": {} for group in GROUPS}
    for effect in answer.effects:
        if effect.weight_decay == decay:
            low, high = effect.differences.band()
            line = Line(effect.differences.estimate.mean, low, high)
            panels[f"{effect.group} classes"][effect.method] = line
    return line_figure(
        panels,
        ticks=[str(stop) for stop in answer.stops],
        title="What more updates do to each method's effect" + (f", with weight decay {decay:g}" if decay else ""),
        subtitle=f"{metric_title(answer.metric)} minus the baseline's after the same updates",
        caption="Whiskers hold for all stops of a method and group at once (95%). In the grey band a difference makes "
        f"none in practice. A pass is about {answer.steps:.0f} updates.",
        across="passes",
        up="difference",
        margin=answer.margin,
    )
