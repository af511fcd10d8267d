"""`tailprobe budgets`: a comparison under equal epochs, under equal updates and until convergence, side by side."""

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import ALL_OF_EXECUTION, ALL_OF_RECIPE, ALL_OF_STUDY, Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars, print_text
from tailprobe.study.execution import Execution


@with_settings(
    study=tuple(name for name in ALL_OF_STUDY if name != "budget"), recipe=ALL_OF_RECIPE, execution=ALL_OF_EXECUTION
)
def budgets(source: Source, out: option.Out, given: Given, quiet: option.Quiet = False) -> None:
    """Compare methods under three training budgets: equal epochs, equal updates, and until each head has converged.

    `tailprobe budgets IMAGES --labels TABLE --encoder resnet18 --methods paper --out BUDGETS`

    The first two train for --epochs (20 by default, as the paper), an epoch of the second having as many updates for
    every method as the baseline's. Each is a run of its own in OUT, with its page; images are embedded once. What
    methods change under each is printed side by side, and written to `budgets.parquet`.
    """
    from tailprobe.study.budgets import budget_lines, run_budgets

    study = study_of(source, given)
    with Bars(quiet=quiet) as bars:
        table = run_budgets(study, out, Execution(**given.execution), progress=bars)
    for line in budget_lines(table):
        print_text(line)
    print_text(f"Runs: {out}/epochs, {out}/updates, {out}/convergence")
