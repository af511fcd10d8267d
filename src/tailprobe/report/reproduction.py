"""How close a run comes to the paper, in words and as tables for the terminal."""

from collections.abc import Iterator

import numpy as np
from rich import box
from rich.table import Table
from rich.text import Text

from tailprobe.comparison.description import signed
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.paper.check import Fact, facts_of
from tailprobe.paper.claims import FINDINGS, Finding, Verdict
from tailprobe.paper.findings import Answer, answers_of, verdict_on_finding
from tailprobe.paper.training_length import epochs_kept
from tailprobe.report.text import shown
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_LOOK = {"show_edge": False, "pad_edge": False}
_COLOURS = {Verdict.HOLDS: "green", Verdict.CONTRADICTED: "red", Verdict.OPEN: ""}
_NAME = 37  # letters of a fact's name; the other columns take 41 of 80
_ROW = 22  # letters of a claim's method and group, at most; the other columns take 58 at most
_SHORTEST = 13  # letters of that column where the others are wide; it wraps then
_OPTIMISTIC = (
    "Epochs and thresholds were chosen on the images reported, as the authors did: every number is optimistic."
)


def closeness_table(run: Run) -> Table:
    """Compare the paper's numbers with the run's, at most 80 columns wide."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0), **_LOOK)  # type: ignore[arg-type]
    table.title = Text("How close it is", style="bold")
    table.add_column("", width=_NAME)
    for head, width in (("the paper", 12), ("here", 12), ("difference", 10)):
        table.add_column(head, justify="right", no_wrap=True, max_width=width)
    for fact in facts(run):
        table.add_row(Text(shown(fact.what, 120)), *map(plain_number, (fact.paper, fact.here)), relative(fact))
    return table


def findings_table(run: Run) -> Table:
    """Return every claim of the paper's findings with the run's answer, at most 80 columns wide."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", padding=0, **_LOOK)  # type: ignore[arg-type]
    table.title = Text("The paper's findings, difference from the baseline in %", style="bold")
    table.caption = Text(caption(run), style="dim")
    table.add_column("", min_width=_SHORTEST, max_width=_ROW, overflow="fold")
    table.add_column("the paper", no_wrap=True)
    for head in ("here, 95% interval", "MDE"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for encoder, metric, answers in by_reading(run):
        table.add_row(Text(f"{shown(encoder, 30)}, {metric_title(metric)}", style="bold"))
        for answer in answers:
            table.add_row(*_cells(answer))
        table.add_section()
    return table


def finding_lines(run: Run) -> list[str]:
    """Return each of the paper's findings with its verdict under every encoder and metric, then what 5.3 guesses."""
    readings = list(by_reading(run))
    lines = []
    for number, finding in enumerate(FINDINGS, start=1):
        verdicts = [(e, m, verdict_on_finding(finding, a)) for e, m, a in readings if _answers(finding, a)]
        if verdicts:
            answers = "; ".join(f"{shown(e, 30)}, {metric_title(m)}: {v}" for e, m, v in verdicts)
            lines.append(f"{number}. {finding.words} {answers}.")
    kept = [f"{shown(e.encoder, 30)}, {e.sentence}" for e in epochs_kept(run)]
    if kept:
        lines.append(f"Section 5.3 guesses that training was stopped too early. {'; '.join(kept)}.")
    return lines


def caption(run: Run) -> str:
    """Return what the reader of the findings has to know of their numbers."""
    answers = [answer for _, _, found in by_reading(run) for answer in found]
    if not answers:
        return "The run has none of the methods that the findings are about."
    seeds, margin = max(a.seeds for a in answers), max(a.margin for a in answers)
    lines = [
        f"Mean over a method's settings and {seeds} seeds; each interval holds by itself.",
        f"MDE: the smallest difference detected with 80% power. No effect: within ±{100 * margin:g}%.",
    ]
    if seeds < 3:
        lines.append("Fewer than three seeds: no interval, so every verdict is open.")
    if run.record["test_is_validation"]:
        lines.append(_OPTIMISTIC)
    return " ".join(lines)


def facts(run: Run) -> list[Fact]:
    """Compare the paper's numbers with the run's; empty if the run does not repeat a study of the paper."""
    return [] if run.paper_facts is None else facts_of(run.paper_facts)


def by_reading(run: Run) -> Iterator[tuple[str, str, list[Answer]]]:
    """Yield encoder, metric and the answers in it, in the order of the run."""
    answers = [] if run.paper_findings is None else answers_of(run.paper_findings)
    for encoder, metric in dict.fromkeys((a.encoder, a.metric) for a in answers):
        yield encoder, metric, [a for a in answers if (a.encoder, a.metric) == (encoder, metric)]


def plain_number(value: float) -> str:
    """Return a count or a score.

    >>> plain_number(40479), plain_number(5468.53), plain_number(0.0564)
    ('40479', '5468.53', '0.056')
    """
    return f"{value:.6g}" if value >= 1 or value == 0 else f"{value:.3f}"


def relative(fact: Fact) -> str:
    """Return how far a number is from the paper's, in percent.

    >>> relative(Fact("images", 40479, 40479)), relative(Fact("images", 8, 7.8))
    ('0.0%', '−2.5%')
    """
    return f"{signed(100 * fact.relative, 1)}%"


def interval(answer: Answer) -> str:
    """Return a difference in percent with its interval, if it has one."""
    centre = "–" if np.isnan(answer.difference) else signed(100 * answer.difference, 1)
    if np.isnan(answer.low):
        return centre
    return f"{centre} ({signed(100 * answer.low, 1)}, {signed(100 * answer.high, 1)})"


def detectable(answer: Answer) -> str:
    """Return the minimum detectable effect in percent."""
    effect = answer.minimum_detectable_effect
    return "–" if np.isnan(effect) else f"{100 * effect:.1f}"


def _answers(finding: Finding, answers: list[Answer]) -> bool:
    return any(a.section == finding.section for a in answers)


def _cells(answer: Answer) -> tuple[Text, Text, Text, Text, Text]:
    group = "low-freq." if answer.class_name == LOW_FREQUENCY else answer.class_name
    return (
        Text(f"{answer.method}, {group}"),
        Text(answer.claim),
        Text(interval(answer)),
        Text(detectable(answer)),
        Text(str(answer.verdict), style=_COLOURS[answer.verdict]),
    )
