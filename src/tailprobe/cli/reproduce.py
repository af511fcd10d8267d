"""`tailprobe reproduce`: the paper's own study."""

from pathlib import Path
from typing import Annotated

import typer

from tailprobe.callspec import parse_value
from tailprobe.cli import options as option
from tailprobe.cli.arguments import pairs_of
from tailprobe.cli.settings import ALL_OF_EXECUTION, ALL_OF_RECIPE, Given, with_settings
from tailprobe.cli.show import show_reproduction
from tailprobe.cli.studies import print_dry_run, run_and_show, smoke_test, track, trackers_of
from tailprobe.console import print_error
from tailprobe.datasets.storage.url import absolute
from tailprobe.study.execution import Execution

# Settings that a preset leaves to the user: not methods, split, thresholds and the low-frequency rule.
_OPEN = (
    "encoders", "weights", "standardise", "on_bad_image", "seeds", "max_seeds", "seed", "metric", "margin", "primary",
    "classes", "budget", "questions", "title", "no_images", "map", "figures", "figure_style", "figure_width",
    "figure_font",
)  # fmt: skip
# Settings with a default in the preset, and so without one in the command.
_OF_PRESET = dict.fromkeys(("encoders", *ALL_OF_RECIPE))


@with_settings(
    study=_OPEN,
    recipe=ALL_OF_RECIPE,
    execution=ALL_OF_EXECUTION,
    defaults=_OF_PRESET | {"seeds": 10},
)
def reproduce(
    dataset: Annotated[str, typer.Argument(help="planet or ade20k.")],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="The data in their official layout, or a file of their embeddings (.npy, .npz, ...)."
        ),
    ],
    out: option.Out,
    given: Given,
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="paper-text (what the paper says) or paper-code (what the authors' runs did); e.g. paper-code.",
            rich_help_panel=option.DESIGN,
        ),
    ] = "paper-text",
    labels: option.Labels = None,
    read: option.Read = None,
    track_with: option.Track = None,
    dry_run: option.DryRun = False,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Run the paper's own study and print how close the result is.

    `tailprobe reproduce planet DIR --preset paper-code --out REPRODUCTION`; or with embeddings computed elsewhere,
    `tailprobe reproduce planet clip.npy --labels train_v2.csv --out RUN`.
    """
    from tailprobe.paper.presets import MEANING
    from tailprobe.paper.presets import preset as study_of
    from tailprobe.paper.quantities import decision_rule

    reader = {key: parse_value(value) for key, value in pairs_of(read, "--read").items()}
    reader |= {} if labels is None else {"labels": absolute(labels)}
    study = study_of(dataset, preset, data, reader=reader, recipe=given.recipe, **given.study)
    if not quiet:
        print_error(f"{dataset}, {preset}: {MEANING[dataset, preset]}.")
    study, execution = smoke_test(study) if smoke else study, Execution(**given.execution)
    trackers = trackers_of(track_with)
    if dry_run:
        print_dry_run(study, execution, quiet=quiet)
        return
    shown = given.study.get("metric", f"recall@{decision_rule(study.thresholds)}")
    result = run_and_show(study, out, execution, metric=shown, quiet=quiet)
    show_reproduction(result)
    track(result, trackers)
