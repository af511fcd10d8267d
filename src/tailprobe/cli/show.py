"""Print the result of a run at the end of a command."""

from typing import TYPE_CHECKING, Any

from tailprobe.console import Terminal

if TYPE_CHECKING:
    from tailprobe.runs.run import Run


def show_result(result: "Run", metric: str) -> None:
    """Print the conclusion of a run and its folder, preceded by the averages of `metric` if that was not tested."""
    from tailprobe.report.caution import caution
    from tailprobe.report.further import further_answers
    from tailprobe.report.in_images import in_images
    from tailprobe.report.methods import method_remarks
    from tailprobe.report.page.gain_sources import shown_first
    from tailprobe.report.questions import what_would_settle
    from tailprobe.report.terminal import results_table
    from tailprobe.report.verdict_table import verdict_table
    from tailprobe.study.primary_metrics import about_reruns

    console, methods = Terminal(), result.method_table
    names, encoders, remarks = result.record["methods"], list(result.encoders), method_remarks(methods)
    verdicts, recommendation = result.verdicts, result.recommendation
    if verdicts is None or recommendation is None or metric not in set(verdicts["metric"]):
        compared = methods[methods["baseline"] != ""]
        table = results_table(
            result.results,
            metric=metric,
            methods=names,
            encoders=encoders,
            plans=result.plans.drop_duplicates(["encoder", "method", "seed"]),
            baselines=dict(zip(compared["method"], compared["baseline"], strict=True)),
            remarks=remarks,
            width=console.width,
        )
        console.print(table)
        remarks = {}
    if verdicts is not None and recommendation is not None:
        console.print(verdict_table(verdicts, methods=names, encoders=encoders, remarks=remarks, width=console.width))
        images, answer = in_images(result), result.conclusion
        gain = shown_first(result, recommendation.encoder)
        lines = [
            *([] if answer is None else [answer.text]),
            "" if images is None else images.sentence,
            *([] if answer is None else [what_would_settle(verdicts, answer)]),
            "" if gain is None else gain[1]["sentence"],
            *(line for asked in further_answers(result) for line in (f"{asked['sentence']}.", *_indented(asked))),
        ]
        console.print("\n".join(filter(None, lines)), highlight=False, markup=False)
    rerun = about_reruns(metric, tuple(before)) if (before := result.record.get("judged_before")) else ""
    for said in filter(None, (rerun, caution(result.duplicates, groups=result.record.get("groups")))):
        console.print(said, style="yellow", highlight=False, markup=False)
    console.print(f"Run: {result.folder.path}  page: {result.folder.report}", highlight=False, markup=False)


def _indented(asked: dict[str, Any]) -> list[str]:
    return [f"  {answer}" for answer in asked["answers"]]


def show_reproduction(result: "Run") -> None:
    """Print how close a run of a preset comes to the paper's numbers and findings."""
    from tailprobe.report.reproduction import closeness_table, finding_lines, findings_table

    console = Terminal()
    console.print(closeness_table(result))
    console.print(findings_table(result))
    console.print("\n".join(finding_lines(result)), highlight=False, markup=False)
