"""`tailprobe compare`: methods against the baseline, on your images."""

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import ALL_OF_EXECUTION, ALL_OF_RECIPE, ALL_OF_STUDY, Given, with_settings
from tailprobe.cli.studies import print_dry_run, run_and_show, smoke_test, study_of, track, trackers_of
from tailprobe.console import print_text
from tailprobe.study.execution import Execution


@with_settings(study=ALL_OF_STUDY, recipe=ALL_OF_RECIPE, execution=ALL_OF_EXECUTION)
def compare(
    source: Source,
    out: option.Out,
    given: Given,
    before: option.Before = None,
    track_with: option.Track = None,
    dry_run: option.DryRun = False,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Compare class-imbalance methods on your images: embed once, train every head, test what helps the rare classes.

    `tailprobe compare IMAGES --labels TABLE --encoder resnet18 --methods paper --out RUN`

    A study file repeats a run; options that are given replace its settings:
    `tailprobe compare RUN/study.toml --seeds 20 --out AGAIN`.
    If interrupted, the same command continues.
    """
    from tailprobe.review.brought import brought
    from tailprobe.runs.run import Run

    study = study_of(source, given)
    execution = Execution(**given.execution)
    study = smoke_test(study) if smoke else study
    trackers = trackers_of(track_with)
    if dry_run:
        print_dry_run(study, execution, quiet=quiet)
    else:
        earlier = None if before is None else Run.load(before)  # refused before anything is computed
        result = run_and_show(study, out, execution, quiet=quiet)
        track(result, trackers)
        if earlier is not None:
            print_text(brought(earlier, result).text)
