"""`tailprobe map`: the scores of a large scene, as a map and as footprints."""

from pathlib import Path
from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.predict import AllowCode, Model, Weights
from tailprobe.console import Bars, print_error, print_text


def map(
    model: Model,
    scene: Annotated[Path, typer.Argument(metavar="SCENE", help="The scene, a GeoTIFF of any size.")],
    *,
    bands: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL=BAND,...",
            help="Bands of the file by the channels of the model, by name or number, with the values that become 0 and "
            "255 where the model knows none; e.g. red=3,green=2,blue=1 or red=B4:0:3000. Default: the names in the "
            "file.",
            show_default=False,
            rich_help_panel=option.DATA,
        ),
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            help="Side of a tile, e.g. 64. Default: the size of the training images.",
            show_default=False,
            rich_help_panel=option.DATA,
        ),
    ] = None,
    overlap: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of a tile's side that its neighbour shares, e.g. 0.75. The cells of the map are as wide as the "
            "rest.",
            rich_help_panel=option.DATA,
        ),
    ] = 0.5,
    allow_code: AllowCode = False,
    weights: Weights = None,
    aim: option.Aims = None,
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Where to write the map, e.g. maps/june.", rich_help_panel=option.OUTPUT),
    ],
    quiet: option.Quiet = False,
) -> None:
    """Map the scores of a large GeoTIFF, from overlapping tiles (tailprobe[geotiff]).

    `tailprobe map MODEL SCENE.tif --aim recall=0.9 --out FOLDER`

    Writes scores.tif (cloud-optimised, a band a class), tiles.geojson (tiles above the thresholds) and scene.json (what
    to expect). If interrupted, the same command continues.
    """
    from tailprobe.use.scene.make_map import SceneOptions, map_scene
    from tailprobe.use.storage import load_classifier, model_digest
    from tailprobe.use.words import expectation_lines

    classifier = load_classifier(model, weights=weights, allow_code=allow_code)
    classifier.decisions(aim)  # an aim that cannot be is said before anything is read
    options = SceneOptions(bands, tile, overlap)
    with Bars(quiet=quiet) as bars:
        done = map_scene(classifier, model_digest(model), scene, out, options, aims=aim, progress=bars)
    for line in expectation_lines(done.summary.decisions, images=done.summary.images):
        print_text(line)
    for warning in done.summary.warnings():
        print_error(f"warning: {warning}")
    for file in done.files:
        print_text(file)
