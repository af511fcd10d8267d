"""What a command prints when it is done."""

from typing import TYPE_CHECKING

from tailprobe.console import Terminal

if TYPE_CHECKING:
    from tailprobe.runs.run import Run


def show_result(result: "Run", metric: str) -> None:
    """Print the averages of a run and where it is."""
    from tailprobe.report.caution import caution
    from tailprobe.report.methods import method_remarks
    from tailprobe.report.page.gain_sources import shown_first
    from tailprobe.report.questions import more_seeds
    from tailprobe.report.terminal import results_table
    from tailprobe.report.verdict_table import verdict_table

    console, methods = Terminal(), result.method_table
    compared = methods[methods["baseline"] != ""]
    table = results_table(
        result.results,
        metric=metric,
        methods=result.record["methods"],
        encoders=list(result.encoders),
        plans=result.plans.drop_duplicates(["encoder", "method", "seed"]),
        baselines=dict(zip(compared["method"], compared["baseline"], strict=True)),
        remarks=method_remarks(methods),
        width=console.width,
    )
    console.print(table)
    if result.verdicts is not None and result.recommendation is not None:
        names, encoders = result.record["methods"], list(result.encoders)
        console.print(verdict_table(result.verdicts, methods=names, encoders=encoders, width=console.width))
        gain = shown_first(result, result.recommendation.encoder)
        lines = [
            result.recommendation.sentence,
            more_seeds(result.verdicts, result.recommendation.encoder),
            "" if gain is None else gain[1]["sentence"],
        ]
        console.print("\n".join(filter(None, lines)), highlight=False, markup=False)
    if said := caution(result.duplicates, groups=result.record.get("groups")):
        console.print(said, style="yellow", highlight=False, markup=False)
    console.print(f"Run: {result.folder.path}  page: {result.folder.report}", highlight=False, markup=False)


def show_reproduction(result: "Run") -> None:
    """Print how close a run of a preset comes to the paper's numbers and findings."""
    from tailprobe.report.reproduction import closeness_table, finding_lines, findings_table

    console = Terminal()
    console.print(closeness_table(result))
    console.print(findings_table(result))
    console.print("\n".join(finding_lines(result)), highlight=False, markup=False)
