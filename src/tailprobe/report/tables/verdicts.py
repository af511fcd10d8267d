"""The verdicts as they are printed: what was asked, and of single classes those with an answer."""

from collections.abc import Iterator

import pandas as pd

from tailprobe.comparison.question import CLASSES
from tailprobe.comparison.words import IMPROVES, WORSENS
from tailprobe.report.questions import questions_tested
from tailprobe.report.references import references
from tailprobe.report.tables.printed import Cell, Column, PrintedTable, Row, Section
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_COLUMNS = (
    Column("method"),
    Column("difference", "number", signed=True),
    Column("simultaneous interval", "interval", signed=True),
    Column("adjusted p", "number"),
    Column("detectable", "number"),
    Column("verdict"),
)
_SMALLEST = 0.001  # a p-value below this is not printed


def printed_verdicts(run: Run) -> PrintedTable:
    """Return the verdicts on the groups that were asked about, and on single classes those that say something."""
    if run.verdicts is None:
        raise ValueError("a run without verdicts has none to print")
    sections = tuple(_sections(run.verdicts, run))
    return PrintedTable(_COLUMNS, sections, _caption(run.verdicts, run), "tab:verdicts")


def _sections(verdicts: pd.DataFrame, run: Run) -> Iterator[Section]:
    groups = verdicts[verdicts["is_group"] & verdicts["question"].ne("")]
    for encoder in run.encoders:
        before = "" if len(run.encoders) == 1 else f"{encoder}: "
        own = groups[groups["encoder"].astype(str) == encoder]
        for group in dict.fromkeys(own["class_name"].astype(str)):
            rows = own[own["class_name"].astype(str) == group]
            yield Section(f"{before}{group} classes", tuple(_cells(row, "") for _, row in rows.iterrows()))
        single = _answered(verdicts[verdicts["encoder"].astype(str) == encoder])
        if len(single):
            cells = tuple(_cells(row, f", {row['class_name']}") for _, row in single.iterrows())
            yield Section(f"{before}single classes that a method improves or worsens", cells)


def _answered(verdicts: pd.DataFrame) -> pd.DataFrame:
    single = verdicts[~verdicts["is_group"].astype(bool) & verdicts["question"].eq(CLASSES)]
    return single[single["verdict"].isin([IMPROVES, WORSENS])]


def _cells(row: "pd.Series[float]", after: str) -> Row:
    p = float(row["p_adjusted"])
    low, high = float(row["simultaneous_low"]), float(row["simultaneous_high"])
    below = " below the margin" if row["below_margin"] else ""
    return (
        Cell(f"{row['method']}{after}"),
        Cell(float(row["difference"])),
        Cell((low, high)),
        Cell(f"<{_SMALLEST}" if p < _SMALLEST else p),
        Cell(float(row["minimum_detectable_effect"])),
        Cell(f"{row['verdict']}{below}"),
    )


def _caption(verdicts: pd.DataFrame, run: Run) -> str:
    title = metric_title(str(verdicts["metric"].iloc[0]))
    encoder = f", encoder {run.encoders[0]}" if len(run.encoders) == 1 else ""
    questions = "; ".join(question.sentence for question in questions_tested(verdicts))
    tested = f"{questions[:1].upper()}{questions[1:]}." if questions else "Nothing was tested."
    return (
        f"Verdicts on the methods: difference in {title} from the baseline of the same seed, {run.name}{encoder}. "
        f"{tested} Simultaneous intervals hold for all comparisons of a question at once; adjusted p is to be compared "
        "with the question's level; detectable: the smallest true difference found with 80% power. Practically equal: "
        f"the interval is within {float(verdicts['margin'].iloc[0]):g} of zero. "
        f"{references(run.baselines, run.methods[0])}"
    ).strip()
