"""`tailprobe predict`: scores and tags of new images."""

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from tailprobe.cli import options as option
from tailprobe.console import Bars, print_error, print_text
from tailprobe.errors import InputError

_LOG = logging.getLogger(__name__)
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="The model folder that tailprobe fit wrote.")]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights of the encoder, e.g. resnet18.safetensors, if they are not where they were in training.",
        rich_help_panel=option.METHODS,
    ),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        metavar=option.FLAG,
        help="Import and run the encoder that the model names (package.module:name).",
        rich_help_panel=option.DATA,
    ),
]


def predict(
    model: Model,
    images: Annotated[
        str,
        typer.Argument(
            metavar="IMAGES", help="New images: a folder, .zip, .tar, table next to its images, or a URL of one."
        ),
    ],
    *,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="A table that names the images to score, e.g. images.csv.",
            rich_help_panel=option.DATA,
        ),
    ] = None,
    on_bad_image: Annotated[
        str,
        typer.Option(
            metavar="[error|skip]",
            help="An image that cannot be read: stop, or write its row without scores; e.g. skip. Default: error.",
            show_default=False,
            rich_help_panel=option.DATA,
        ),
    ] = "error",
    allow_code: AllowCode = False,
    weights: Weights = None,
    aim: option.Aims = None,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The table to write, .parquet or .csv, e.g. scores.csv.", rich_help_panel=option.OUTPUT
        ),
    ],
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="scores (all that is known) or planet (image_name,tags, as Planet's competition takes it); e.g. "
            "planet. "
            "Default: scores.",
            show_default=False,
            rich_help_panel=option.OUTPUT,
        ),
    ] = "scores",
    quiet: option.Quiet = False,
) -> None:
    """Score and tag new images, and say what to expect of the tags.

    `tailprobe predict MODEL NEW_IMAGES --aim recall=0.9 --out scores.parquet`

    If interrupted, the same command continues. What to expect is in FILE.json too.
    """
    from tailprobe.use.new_images import read_new_images
    from tailprobe.use.predict import check_output, predict_file
    from tailprobe.use.storage import load_classifier, model_digest
    from tailprobe.use.words import expectation_lines

    if layout not in ("scores", "planet"):
        raise InputError(f"--layout is {layout!r}; expected scores or planet")
    if on_bad_image not in ("error", "skip"):
        raise InputError(f"--on-bad-image is {on_bad_image!r}; expected error or skip")
    shape: Literal["scores", "planet"] = "planet" if layout == "planet" else "scores"
    bad: Literal["error", "skip"] = "skip" if on_bad_image == "skip" else "error"
    check_output(out, shape)
    classifier = load_classifier(model, weights=weights, allow_code=allow_code)
    classifier.decisions(aim)  # an aim that cannot be is said before anything is read
    with Bars(quiet=quiet) as bars:
        found = read_new_images(images, labels=labels, bands=classifier.encoder.bands, on_bad_image=bad)
        for note in found.notes:
            _LOG.info("%s", note)
        summary = predict_file(
            classifier, model_digest(model), found, out, aims=aim, layout=shape, on_bad_image=bad, progress=bars
        )
    for line in expectation_lines(summary.decisions, images=summary.images):
        print_text(line)
    for warning in summary.warnings():
        print_error(f"warning: {warning}")
    print_text(out)
